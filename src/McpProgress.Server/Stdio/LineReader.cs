namespace McpProgress.Server.Stdio;

/// <summary>What came next on a stream of lines.</summary>
internal enum LineKind
{
    /// <summary>A line; its bytes are good until the next read.</summary>
    Line,

    /// <summary>A line longer than allowed; it was skipped to its end.</summary>
    TooLong,

    /// <summary>There are no more lines.</summary>
    End,
}

/// <summary>Reads a stream as lines of bytes, each at most so long.</summary>
/// <param name="stream">The stream.</param>
/// <param name="maxBytes">The most bytes of a line.</param>
internal sealed class LineReader(Stream stream, int maxBytes)
{
    private const int InitialSize = 32 * 1024;
    private const int LargestKept = 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private byte[] _buffer = new byte[InitialSize];
    private int _start;
    private int _end;
    private int _searched;
    private bool _skipping;
    private bool _first = true;
    private bool _ended;

    /// <summary>Reads the next line, without its line end.</summary>
    public async ValueTask<(LineKind Kind, ReadOnlyMemory<byte> Line)> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Take(_searched + length);
                if (!_skipping && line.Length <= maxBytes)
                {
                    return (LineKind.Line, line);
                }

                _skipping = false;
                return (LineKind.TooLong, default);
            }

            _searched = _end;
            if (_ended)
            {
                // A last line without a line end still counts, as text readers have it.
                var rest = Take(_end);
                return rest.IsEmpty || rest.Length > maxBytes || _skipping ? (LineKind.End, default) : (LineKind.Line, rest);
            }

            if (_end - _start > maxBytes)
            {
                _skipping = true;
            }

            if (_skipping)
            {
                _start = _end = _searched = 0;
            }

            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _ended = read == 0;
            _end += read;
        }
    }

    private ReadOnlyMemory<byte> Take(int end)
    {
        var line = _buffer.AsMemory(_start, end - _start);
        _start = _searched = Math.Min(end + 1, _end);
        if (_first)
        {
            // Some shells put a byte order mark before the first line they pipe.
            _first = false;
            line = line.Span.StartsWith(ByteOrderMark) ? line[ByteOrderMark.Length..] : line;
        }

        return line;
    }

    private void MakeRoom()
    {
        // A huge line is rare: its memory is given back as soon as it was read.
        if (_start == _end && _buffer.Length > LargestKept)
        {
            _buffer = new byte[InitialSize];
            _start = _end = _searched = 0;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _searched -= _start;
            _start = 0;
        }

        if (_end > _buffer.Length / 2)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
