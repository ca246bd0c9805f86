namespace McpProgress.Server.Samples;

/// <summary>How the sample tools pass their time.</summary>
public sealed class SampleOptions
{
    /// <summary>Every delay is divided by this; 1 is the documented pace, 100 makes a test of it.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The clock the delays go by.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal Task DelayAsync(double seconds, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromSeconds(seconds / Speed), TimeProvider, cancellationToken);
}
