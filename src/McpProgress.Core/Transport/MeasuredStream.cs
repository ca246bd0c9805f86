namespace McpProgress.Core.Transport;

/// <summary>
/// Counts what is read and refuses a message beyond the limit. In a stream of server-sent events a message ends with an
/// empty line; anything else is one message.
/// </summary>
internal sealed class MeasuredStream(Stream inner, bool isEventStream, int maximumMessageBytes, TransportStatistics statistics) : Stream
{
    private long _message;
    private bool _lineIsEmpty = true;
    private byte _last;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Measure(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = inner.Read(buffer, offset, count);
        Measure(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Measure(ReadOnlySpan<byte> read)
    {
        statistics.ReadBytes(read.Length);
        _message += read.Length;
        if (isEventStream)
        {
            FindEnds(read);
        }

        if (_message > maximumMessageBytes)
        {
            statistics.Unreadable();
            throw TooLong(maximumMessageBytes);
        }
    }

    /// <summary>The failure for a message beyond the limit.</summary>
    internal static McpFailureException TooLong(int maximumMessageBytes) => new(
        ErrorIds.ProtocolError, $"The server sent a message of more than {maximumMessageBytes / (1024 * 1024)} MiB, which is not read.");

    // A line ends with CR, LF or CRLF (HTML standard, server-sent events).
    private void FindEnds(ReadOnlySpan<byte> read)
    {
        while (!read.IsEmpty)
        {
            int end = read.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                _lineIsEmpty = false;
                _last = read[^1];
                return;
            }

            _last = end > 0 ? read[end - 1] : _last;
            bool secondOfPair = read[end] == '\n' && _last == '\r';
            if (!secondOfPair)
            {
                if (end == 0 && _lineIsEmpty)
                {
                    _message = read.Length - 1;
                }

                _lineIsEmpty = true;
            }

            _last = read[end];
            read = read[(end + 1)..];
        }
    }
}
