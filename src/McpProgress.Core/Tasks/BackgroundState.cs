namespace McpProgress.Core.Tasks;

/// <summary>How background work travels on the wire.</summary>
public enum BackgroundKind
{
    /// <summary>A task of the extension <c>io.modelcontextprotocol/tasks</c> (revision 2026-07-28).</summary>
    ExtensionTask,

    /// <summary>A task of revision 2025-11-25.</summary>
    Task,

    /// <summary>A task of the MCP Callback Protocol.</summary>
    Mcpc,

    /// <summary>A plain call held open.</summary>
    Call,
}

/// <summary>The state of background work.</summary>
public enum BackgroundStatus
{
    /// <summary>It runs.</summary>
    Working,

    /// <summary>It waits for an answer to a question, which is there to be answered.</summary>
    InputRequired,

    /// <summary>It is done; also when the tool's result is an error.</summary>
    Completed,

    /// <summary>It ended without a result.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>A picture of background work at one moment.</summary>
/// <param name="Status">The state.</param>
/// <param name="StatusMessage">What the server says of it.</param>
/// <param name="Progress">How far it is, in the server's unit.</param>
/// <param name="Total">Where it ends, in the same unit.</param>
/// <param name="UpdatedAt">When this became known.</param>
/// <param name="ExpiresAt">When the server may forget it; null when it does not say or never does.</param>
/// <param name="PollInterval">How often the server wants to be asked.</param>
public sealed record BackgroundState(
    BackgroundStatus Status,
    string? StatusMessage,
    double? Progress,
    double? Total,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ExpiresAt,
    TimeSpan? PollInterval)
{
    /// <summary>Whether its connection has ended, and it waits for a new one, which somebody has to open.</summary>
    public bool IsDisconnected { get; init; }

    /// <summary>Why the server cannot be asked just now; null while it can. It is shown in place of what the server said last.</summary>
    public string? Trouble { get; init; }

    /// <summary>Whether nothing more will happen.</summary>
    public bool IsTerminal => Status is BackgroundStatus.Completed or BackgroundStatus.Failed or BackgroundStatus.Cancelled;

    /// <summary>0 to 100, clamped; −1 while it is unknown.</summary>
    public int PercentComplete => Progress is { } progress && Total is { } total and > 0 ? (int)Math.Clamp(progress / total * 100, 0, 100) : -1;
}
