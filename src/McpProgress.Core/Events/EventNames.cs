namespace McpProgress.Core.Events;

/// <summary>The names of the events of a connection.</summary>
public static class EventNames
{
    /// <summary>A connection stands.</summary>
    public const string Connected = "connected";

    /// <summary>A call was sent.</summary>
    public const string CallStarted = "call.started";

    /// <summary>A call or task made progress.</summary>
    public const string Progress = "progress";

    /// <summary>The server logged something.</summary>
    public const string Log = "log";

    /// <summary>Background work has begun.</summary>
    public const string TaskCreated = "task.created";

    /// <summary>The state of background work has changed.</summary>
    public const string TaskUpdated = "task.updated";

    /// <summary>The server told of something by itself (MCPC server event).</summary>
    public const string ServerEvent = "server.event";

    /// <summary>The server asks something.</summary>
    public const string InputRequired = "input.required";

    /// <summary>A call or task has a result; also when the tool reports an error in it.</summary>
    public const string Result = "result";

    /// <summary>A call or task ended without a result.</summary>
    public const string Failed = "failed";

    /// <summary>A call or task was cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>A connection has ended.</summary>
    public const string Disconnected = "disconnected";
}
