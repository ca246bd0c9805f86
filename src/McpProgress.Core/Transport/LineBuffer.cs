namespace McpProgress.Core.Transport;

/// <summary>
/// Cuts a byte stream into lines without copying them: every line is one contiguous span, so that
/// it can be parsed in place. A line longer than the limit is skipped, and only its head and tail are kept.
/// </summary>
internal sealed class LineBuffer
{
    private const int InitialSize = 64 * 1024;
    private const int LargestKept = 1024 * 1024;
    private const int KeptOfOversized = AnswerId.EndLength;

    // Never longer than the longest line and its line feed, so a full buffer without one means a line too long.
    private readonly int _maximumLineLength;
    private readonly int _initialSize;
    private byte[] _buffer;
    private int _start;
    private int _scanned;
    private int _end;
    private OversizedLine? _skipping;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="maximumLineLength">The longest line, without its line feed.</param>
    public LineBuffer(int maximumLineLength)
    {
        _maximumLineLength = maximumLineLength;
        _initialSize = (int)Math.Min(InitialSize, maximumLineLength + 1L);
        _buffer = new byte[_initialSize];
    }

    /// <summary>Free space to read into; never empty.</summary>
    public Memory<byte> GetMemory()
    {
        if (_start == _end)
        {
            StartOver();
        }
        else if (_end == _buffer.Length)
        {
            MakeRoom();
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Says that <paramref name="count"/> bytes were read into the memory handed out.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>
    /// Takes the next complete line, without its line feed. The span is valid until <see cref="GetMemory"/> is called.
    /// </summary>
    /// <param name="line">The line; empty when <paramref name="oversized"/> is set.</param>
    /// <param name="oversized">What is left of a line that was longer than the limit; null for a normal line.</param>
    public bool TryRead(out Span<byte> line, out OversizedLine? oversized)
    {
        int offset = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (offset < 0)
        {
            _scanned = _end;
            line = default;
            oversized = null;
            return false;
        }

        int lineEnd = _scanned + offset;
        Take(lineEnd, out line, out oversized);
        _start = _scanned = lineEnd + 1;
        return true;
    }

    /// <summary>Takes what came after the last line feed, once the stream has ended. False: nothing did.</summary>
    /// <param name="line">As in <see cref="TryRead"/>.</param>
    /// <param name="oversized">As in <see cref="TryRead"/>.</param>
    public bool TryReadRest(out Span<byte> line, out OversizedLine? oversized)
    {
        Take(_end, out line, out oversized);
        _start = _scanned = _end;
        return !line.IsEmpty || oversized is not null;
    }

    private void Take(int lineEnd, out Span<byte> line, out OversizedLine? oversized)
    {
        line = _buffer.AsSpan(_start, lineEnd - _start);
        oversized = _skipping?.WithTail(line);
        if (oversized is not null)
        {
            _skipping = null;
            line = default;
        }
    }

    private void MakeRoom()
    {
        int pending = _end - _start;
        if (_skipping is not null || pending > _maximumLineLength)
        {
            // Keep reading to the line feed, but forget what is in between.
            ReadOnlySpan<byte> seen = _buffer.AsSpan(_start, pending);
            _skipping = (_skipping ?? new OversizedLine(seen[..Math.Min(pending, KeptOfOversized)].ToArray(), [])).WithTail(seen);
            StartOver();
            return;
        }

        int size = pending > _buffer.Length / 2 ? (int)Math.Min(_buffer.Length * 2L, _maximumLineLength + 1L) : _buffer.Length;
        byte[] roomy = size > _buffer.Length ? new byte[size] : _buffer;
        _buffer.AsSpan(_start, pending).CopyTo(roomy);
        _buffer = roomy;
        _scanned -= _start;
        _start = 0;
        _end = pending;
    }

    // A huge line is rare: its memory is given back as soon as it was read.
    private void StartOver()
    {
        _start = _scanned = _end = 0;
        if (_buffer.Length > LargestKept)
        {
            _buffer = new byte[_initialSize];
        }
    }

    /// <summary>The two ends of a line that was too long to keep.</summary>
    /// <param name="Head">Its first bytes.</param>
    /// <param name="Tail">Its last bytes.</param>
    internal sealed record OversizedLine(byte[] Head, byte[] Tail)
    {
        internal OversizedLine WithTail(ReadOnlySpan<byte> more)
        {
            if (more.Length >= KeptOfOversized)
            {
                return this with { Tail = more[^KeptOfOversized..].ToArray() };
            }

            byte[] joined = [.. Tail, .. more];
            return this with { Tail = joined.Length > KeptOfOversized ? joined[^KeptOfOversized..] : joined };
        }
    }
}
