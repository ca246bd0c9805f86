using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>Calls with arguments as an anonymous object.</summary>
internal static class ConnectionExtensions
{
    public static Task<ToolCallResult> CallAsync(
        this ServerConnection connection,
        string tool,
        object? arguments = null,
        ProgressRecorder? recorder = null,
        CancellationToken cancellationToken = default) =>
        connection.CallToolAsync(
            new ToolCallRequest(tool, JsonSerializer.SerializeToNode(arguments) as JsonObject ?? [])
            {
                Observer = recorder,
                IdleTimeout = TimeSpan.FromSeconds(30),
            },
            cancellationToken);
}
