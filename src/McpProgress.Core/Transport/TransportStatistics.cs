namespace McpProgress.Core.Transport;

/// <summary>What has crossed a connection so far. Counters are written by one reader and many writers, and read at any time.</summary>
public sealed class TransportStatistics
{
    private long _messagesIn;
    private long _messagesOut;
    private long _bytesIn;
    private long _bytesOut;
    private long _progressReceived;
    private long _progressLate;
    private long _progressInvalid;
    private long _unreadable;

    /// <summary>Messages received.</summary>
    public long MessagesIn => Interlocked.Read(ref _messagesIn);

    /// <summary>Messages sent.</summary>
    public long MessagesOut => Interlocked.Read(ref _messagesOut);

    /// <summary>Bytes received: all that was read over stdio, response bodies over HTTP.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    /// <summary>Bytes sent: whole lines over stdio, request bodies over HTTP.</summary>
    public long BytesOut => Interlocked.Read(ref _bytesOut);

    /// <summary>Progress updates applied to a call.</summary>
    public long ProgressReceived => Interlocked.Read(ref _progressReceived);

    /// <summary>Progress updates that came after their call had ended.</summary>
    public long ProgressLate => Interlocked.Read(ref _progressLate);

    /// <summary>Progress updates with an unknown token or without a finite number.</summary>
    public long ProgressInvalid => Interlocked.Read(ref _progressInvalid);

    /// <summary>Lines that were not a JSON-RPC message, or were too long to read.</summary>
    public long UnreadableLines => Interlocked.Read(ref _unreadable);

    internal void MessageIn() => Interlocked.Increment(ref _messagesIn);

    internal void MessageOut() => Interlocked.Increment(ref _messagesOut);

    internal void ReadBytes(long count) => Interlocked.Add(ref _bytesIn, count);

    internal void WroteBytes(long count) => Interlocked.Add(ref _bytesOut, count);

    internal void Progress(ProgressVerdict verdict)
    {
        switch (verdict)
        {
            case ProgressVerdict.Applied:
                Interlocked.Increment(ref _progressReceived);
                break;
            case ProgressVerdict.Late:
                Interlocked.Increment(ref _progressLate);
                break;
            default:
                Interlocked.Increment(ref _progressInvalid);
                break;
        }
    }

    internal void Unreadable() => Interlocked.Increment(ref _unreadable);
}

/// <summary>What became of one progress notification.</summary>
internal enum ProgressVerdict
{
    /// <summary>It belonged to a call in flight.</summary>
    Applied,

    /// <summary>Its call had already ended.</summary>
    Late,

    /// <summary>Its token was never ours, or its number is missing or not finite.</summary>
    Invalid,
}
