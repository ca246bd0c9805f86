using System.Text.Json;

namespace McpProgress.Server.Tasks;

/// <summary>The state of a task; both revisions of the protocol have the same.</summary>
public enum TaskState
{
    /// <summary>It runs.</summary>
    Working,

    /// <summary>It waits for an answer.</summary>
    InputRequired,

    /// <summary>It has a result, which may say that the tool failed.</summary>
    Completed,

    /// <summary>It ended without a result.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>Why a task ended without a result: a JSON-RPC error.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">The message.</param>
public sealed record TaskError(int Code, string Message);

/// <summary>What is known of a task at one moment; what a store keeps of it.</summary>
public sealed record TaskRecord
{
    /// <summary>The id; who knows it may ask for the task.</summary>
    public required string Id { get; init; }

    /// <summary>The tool.</summary>
    public required string Tool { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it may be forgotten.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The state.</summary>
    public TaskState State { get; init; }

    /// <summary>What it is doing, for a person to read.</summary>
    public string? Message { get; init; }

    /// <summary>How far it is, in the tool's unit.</summary>
    public double? Progress { get; init; }

    /// <summary>How far it will go, in the same unit.</summary>
    public double? Total { get; init; }

    /// <summary>The tool's result (<c>CallToolResult</c>), when it is completed.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Why it failed.</summary>
    public TaskError? Error { get; init; }

    /// <summary>Whether nothing more will happen.</summary>
    public bool IsTerminal => State is TaskState.Completed or TaskState.Failed or TaskState.Cancelled;
}
