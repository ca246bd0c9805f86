namespace McpProgress.Server.Samples;

/// <summary>How the sample tools pass their time.</summary>
public sealed class SampleOptions
{
    /// <summary>A delay of nothing would be none: a tool that never ends would then never give its thread back.</summary>
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(1);

    /// <summary>Every delay is divided by this; 1 is the documented pace, 100 makes a test of it.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The clock the delays go by.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal Task DelayAsync(double seconds, CancellationToken cancellationToken)
    {
        var delay = TimeSpan.FromSeconds(seconds / Speed);
        return Task.Delay(delay > ShortestDelay ? delay : ShortestDelay, TimeProvider, cancellationToken);
    }
}
