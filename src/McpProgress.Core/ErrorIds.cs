namespace McpProgress.Core;

/// <summary>The stable error ids of the module, one per kind of failure. They are part of the public contract.</summary>
public static class ErrorIds
{
    /// <summary>No connection or configured server has that name.</summary>
    public const string ServerNotFound = "McpServerNotFound";

    /// <summary>The server could not be started or reached, or did not complete the handshake.</summary>
    public const string ConnectionFailed = "McpConnectionFailed";

    /// <summary>The connection ended while it was in use.</summary>
    public const string ConnectionLost = "McpConnectionLost";

    /// <summary>The server answered with a JSON-RPC error, or with something the protocol does not allow.</summary>
    public const string ProtocolError = "McpProtocolError";

    /// <summary>The server has no tool of that name.</summary>
    public const string ToolNotFound = "McpToolNotFound";

    /// <summary>The tool itself reported an error (<c>isError</c>).</summary>
    public const string ToolError = "McpToolError";

    /// <summary>An argument or setting does not fit; nothing was sent.</summary>
    public const string InvalidArgument = "McpInvalidArgument";

    /// <summary>Neither progress nor a result came within the idle timeout.</summary>
    public const string IdleTimeout = "McpIdleTimeout";

    /// <summary>The call took longer than its hard cap.</summary>
    public const string Timeout = "McpTimeout";

    /// <summary>The call was cancelled.</summary>
    public const string Cancelled = "McpCancelled";

    /// <summary>The server asked for input that nobody here can give.</summary>
    public const string InputRequired = "McpInputRequired";

    /// <summary>The server does not know the task.</summary>
    public const string TaskNotFound = "McpTaskNotFound";

    /// <summary>The task's time to live is over.</summary>
    public const string TaskExpired = "McpTaskExpired";

    /// <summary>The progress server could not be started.</summary>
    public const string ServerStartFailed = "McpServerStartFailed";
}
