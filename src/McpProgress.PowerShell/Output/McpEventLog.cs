using McpProgress.Core.Events;

namespace McpProgress;

/// <summary>A log of events that is being written; the properties are read live.</summary>
public sealed class McpEventLog
{
    internal McpEventLog(EventLog core) => Core = core;

    /// <summary>The file.</summary>
    public string Path => Core.Path;

    /// <summary>How many events were written.</summary>
    public long Written => Core.Written;

    /// <summary>How many events are not in the log: they came faster than the disk took them, or after it failed.</summary>
    public long Missed => Core.Missed;

    /// <summary><c>Writing</c>, <c>Ended</c>, or why it has stopped.</summary>
    public string Status => Core.Failure is { } failure ? $"Failed: {failure.Message}" : Core.IsEnded ? "Ended" : "Writing";

    internal EventLog Core { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
