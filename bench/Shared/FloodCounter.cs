namespace McpProgress.Bench;

/// <summary>Counts what arrives of a flood of the values 1, 2, 3 …</summary>
internal sealed class FloodCounter
{
    private readonly object _gate = new();
    private double _highest;
    private bool _finished;

    public int Received { get; private set; }

    /// <summary>Updates that came after one with a higher value.</summary>
    public int OutOfOrder { get; private set; }

    /// <summary>Updates that came after the call's result had been handed over.</summary>
    public int AfterResult { get; private set; }

    public void Add(double value)
    {
        lock (_gate)
        {
            Received++;
            if (value < _highest)
            {
                OutOfOrder++;
            }
            else
            {
                _highest = value;
            }

            if (_finished)
            {
                AfterResult++;
            }
        }
    }

    public void Finish()
    {
        lock (_gate)
        {
            _finished = true;
        }
    }
}
