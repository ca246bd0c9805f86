namespace McpProgress.Core.Progress;

/// <summary>A smoothed rate, and from it the time that remains.</summary>
internal sealed class RateEstimator(TimeProvider time)
{
    /// <summary>Samples closer together than this say more about buffering than about speed.</summary>
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>The weight of a sample halves over this time.</summary>
    private static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(5);

    /// <summary>Longer than this is no estimate any more.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    private long _sampledAt = -1;
    private double _sampledProgress;

    /// <summary>Progress per second, in the server's unit; null until two samples are far enough apart.</summary>
    public double? PerSecond { get; private set; }

    /// <summary>Takes in the current progress.</summary>
    public void Add(double progress)
    {
        if (_sampledAt < 0)
        {
            Sample(progress);
            return;
        }

        TimeSpan elapsed = time.GetElapsedTime(_sampledAt);
        if (elapsed < SampleEvery)
        {
            return;
        }

        double current = Math.Max(0, (progress - _sampledProgress) / elapsed.TotalSeconds);
        double keep = Math.Pow(0.5, elapsed / HalfLife);
        if (double.IsFinite(current))
        {
            PerSecond = PerSecond is { } before ? (before * keep) + (current * (1 - keep)) : current;
        }

        Sample(progress);
    }

    /// <summary>Whole seconds until the total is reached; −1 when that cannot be said.</summary>
    public int SecondsRemaining(double progress, double? total)
    {
        if (total is not { } end || PerSecond is not { } rate || rate <= 0)
        {
            return -1;
        }

        double seconds = Math.Max(0, end - progress) / rate;
        return seconds <= Longest.TotalSeconds ? (int)Math.Ceiling(seconds) : -1;
    }

    private void Sample(double progress)
    {
        _sampledAt = time.GetTimestamp();
        _sampledProgress = progress;
    }
}
