namespace McpProgress.Server.Tasks;

/// <summary>How tasks of MCP are kept.</summary>
public sealed class TaskOptions
{
    /// <summary>Where they are kept; whoever makes the store ends it.</summary>
    public ITaskStore Store { get; init; } = new MemoryTaskStore();

    /// <summary>How long a task is kept after its creation: without a client's wish, and at most.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a client should ask at most.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many tasks may run at once; a call beyond is refused.</summary>
    public int MaxRunning { get; init; } = 2000;

    /// <summary>How many ended tasks are kept; beyond, the oldest go.</summary>
    public int MaxEnded { get; init; } = 10_000;
}
