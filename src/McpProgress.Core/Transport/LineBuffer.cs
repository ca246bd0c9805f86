namespace McpProgress.Core.Transport;

/// <summary>
/// Cuts a byte stream into lines without copying them: every line is one contiguous span, so that
/// it can be parsed in place. A line longer than the limit is skipped, and only its head and tail are kept.
/// </summary>
internal sealed class LineBuffer(int maximumLineLength)
{
    private const int InitialSize = 64 * 1024;
    private const int KeptOfOversized = 256;

    private byte[] _buffer = new byte[Math.Min(InitialSize, maximumLineLength + 1)];
    private int _start;
    private int _scanned;
    private int _end;
    private OversizedLine? _skipping;

    /// <summary>Free space to read into; never empty.</summary>
    public Memory<byte> GetMemory()
    {
        if (_end == _buffer.Length)
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
        oversized = null;
        int offset = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (offset < 0)
        {
            _scanned = _end;
            line = default;
            return false;
        }

        int lineEnd = _scanned + offset;
        line = _buffer.AsSpan(_start, lineEnd - _start);
        if (_skipping is not null)
        {
            oversized = _skipping.WithTail(line);
            _skipping = null;
            line = default;
        }

        _start = _scanned = lineEnd + 1;
        return true;
    }

    private void MakeRoom()
    {
        int pending = _end - _start;
        if (_skipping is not null || pending > maximumLineLength)
        {
            // Keep reading to the line feed, but forget what is in between.
            ReadOnlySpan<byte> seen = _buffer.AsSpan(_start, pending);
            _skipping = (_skipping ?? new OversizedLine(seen[..KeptOfOversized].ToArray(), [])).WithTail(seen);
            _buffer = new byte[InitialSize];
            _start = _scanned = _end = 0;
            return;
        }

        // A huge line is rare: give its memory back as soon as the buffer is nearly empty again.
        bool shrink = _buffer.Length > InitialSize && pending < InitialSize / 2;
        bool grow = _start == 0 || (!shrink && pending > _buffer.Length / 2);
        if (shrink || grow)
        {
            int size = shrink ? InitialSize : (int)Math.Min(_buffer.Length * 2L, maximumLineLength + 1L);
            byte[] larger = new byte[Math.Max(size, pending + 1)];
            _buffer.AsSpan(_start, pending).CopyTo(larger);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
        }

        _scanned -= _start;
        _start = 0;
        _end = pending;
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
