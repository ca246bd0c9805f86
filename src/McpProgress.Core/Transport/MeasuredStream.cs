namespace McpProgress.Core.Transport;

/// <summary>
/// Counts what is read and refuses a message beyond the limit. In a stream of server-sent events a message ends with an
/// empty line; anything else is one message.
/// </summary>
internal sealed class MeasuredStream(Stream inner, bool isEventStream, int maximumMessageBytes, TransportStatistics statistics) : ReadStream(inner)
{
    private long _message;
    private bool _lineIsEmpty = true;
    private byte _last;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await Inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Measure(buffer.Span[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = Inner.Read(buffer, offset, count);
        Measure(buffer.AsSpan(offset, read));
        return read;
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
