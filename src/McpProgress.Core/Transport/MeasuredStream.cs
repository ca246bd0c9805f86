namespace McpProgress.Core.Transport;

/// <summary>Counts what is read and refuses a message (a run without a line feed) beyond the limit.</summary>
internal sealed class MeasuredStream(Stream inner, int maximumMessageBytes, TransportStatistics statistics) : Stream
{
    private long _sinceLineFeed;

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
        int lineFeed = read.LastIndexOf((byte)'\n');
        _sinceLineFeed = lineFeed < 0 ? _sinceLineFeed + read.Length : read.Length - lineFeed - 1;
        if (_sinceLineFeed > maximumMessageBytes)
        {
            statistics.Unreadable();
            throw new McpFailureException(
                ErrorIds.ProtocolError,
                $"The server sent a message of more than {maximumMessageBytes / (1024 * 1024)} MiB, which is not read.");
        }
    }
}
