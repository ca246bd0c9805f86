using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>Calls with arguments as an anonymous object.</summary>
internal static class ConnectionExtensions
{
    public static Task<ToolCallResult> CallAsync(
        this ServerConnection connection,
        string tool,
        object? arguments = null,
        ProgressRecorder? recorder = null,
        InputResponder? responder = null,
        CancellationToken cancellationToken = default) =>
        connection.CallToolAsync(
            new ToolCallRequest(tool, JsonSerializer.SerializeToNode(arguments) as JsonObject ?? [])
            {
                Observer = recorder,
                InputResponder = responder,
                IdleTimeout = TimeSpan.FromSeconds(30),
            },
            cancellationToken);

    /// <summary>What the server says when it refuses a call: some do it as an error of the tool, some as one of the protocol.</summary>
    public static async Task<string> RefusalAsync(this ServerConnection connection, string tool, object? arguments = null)
    {
        try
        {
            ToolCallResult result = await connection.CallAsync(tool, arguments);
            Assert.True(result.IsError);
            return result.Text;
        }
        catch (McpFailureException failure)
        {
            return failure.Message;
        }
    }
}
