namespace McpProgress.Bench.Loads;

/// <summary>Counts what arrives of a flood of the values 1, 2, 3 …, without a lock that would slow a client with many threads.</summary>
internal sealed class FloodCounter
{
    private int _received;
    private int _outOfOrder;
    private int _afterResult;
    private int _highest;
    private volatile bool _finished;

    public int Received => Volatile.Read(ref _received);

    /// <summary>Updates that came after one with a higher value.</summary>
    public int OutOfOrder => Volatile.Read(ref _outOfOrder);

    /// <summary>Updates that came after the call's result had been handed over.</summary>
    public int AfterResult => Volatile.Read(ref _afterResult);

    public void Add(double value)
    {
        Interlocked.Increment(ref _received);
        if (_finished)
        {
            Interlocked.Increment(ref _afterResult);
        }

        int update = (int)value;
        int highest = Volatile.Read(ref _highest);
        while (update > highest)
        {
            int seen = Interlocked.CompareExchange(ref _highest, update, highest);
            if (seen == highest)
            {
                return;
            }

            highest = seen;
        }

        Interlocked.Increment(ref _outOfOrder);
    }

    public void Finish() => _finished = true;
}
