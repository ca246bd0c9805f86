namespace McpProgress.Server.Http;

/// <summary>How many bytes the bodies that are being read may have together.</summary>
internal sealed class BodyBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>Takes so many bytes, if there are as many.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    /// <summary>Gives bytes back that were taken.</summary>
    public void GiveBack(long bytes) => Interlocked.Add(ref _left, bytes);
}

/// <summary>Keeps the body of one request in memory, which grows with what has come, whatever length was announced.</summary>
/// <param name="budget">Where the memory comes from.</param>
/// <param name="limit">How large the body may be.</param>
internal sealed class BodyStore(BodyBudget budget, int limit) : IDisposable
{
    // Bodies up to this size cost no budget: ordinary messages get through, whoever holds all the rest.
    private const int FreeBytes = 4096;

    private byte[] _bytes = [];
    private int _length;
    private int _taken;

    /// <summary>What has come.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Adds what came next, if that may be.</summary>
    public BodyOutcome Add(ReadOnlySpan<byte> next)
    {
        if (next.Length > limit - _length)
        {
            return BodyOutcome.TooLarge;
        }

        if (next.Length > _bytes.Length - _length && !TryGrow(_length + next.Length))
        {
            return BodyOutcome.NoRoom;
        }

        next.CopyTo(_bytes.AsSpan(_length));
        _length += next.Length;
        return BodyOutcome.Complete;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        budget.GiveBack(_taken);
        _taken = 0;
        _bytes = [];
        _length = 0;
    }

    private bool TryGrow(int needed)
    {
        var size = (int)Math.Min(Math.Max(_bytes.Length * 2L, needed), limit);
        var cost = size > FreeBytes ? size : 0;

        // While it is copied, the old memory is there beside the new.
        if (!budget.TryTake(cost))
        {
            return false;
        }

        Array.Resize(ref _bytes, size);
        budget.GiveBack(_taken);
        _taken = cost;
        return true;
    }
}
