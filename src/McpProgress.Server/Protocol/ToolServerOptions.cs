using McpProgress.Server.Tasks;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>What a server serves, whatever it is served over.</summary>
public sealed class ToolServerOptions
{
    /// <summary>How many progress updates a second one call sends by default.</summary>
    public const double DefaultProgressRate = 20;

    /// <summary>The tools.</summary>
    public required ToolSet Tools { get; init; }

    /// <summary>The server's name and version, as clients see them.</summary>
    public Implementation ServerInfo { get; init; } = new()
    {
        Name = "mcpprogress",
        Title = "McpProgress server",
        Version = typeof(ToolServerOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0",
    };

    /// <summary>A hint for models how to use the server; null for none.</summary>
    public string? Instructions { get; init; }

    /// <summary>
    /// Adds what the SDK serves beside the tools: handlers and capabilities for resources, prompts and completion. Called once;
    /// tools, tasks and subscriptions stay with this library. Null for nothing.
    /// </summary>
    public Action<McpServerOptions>? Configure { get; init; }

    /// <summary>How many progress updates a second one call sends at most; 0 sends every one.</summary>
    public double ProgressRate { get; init; } = DefaultProgressRate;

    /// <summary>How tasks are kept.</summary>
    public TaskOptions Tasks { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
