using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Events;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Connections;

/// <summary>
/// Plays a short conversation with nobody. A new process has to prepare (load, link, compile) all that a first connection
/// and a first call go through; while its first server starts, it would only wait. What was prepared by then is not waited
/// for any more when the server answers.
/// </summary>
internal static class Rehearsal
{
    private static int _begun;

    /// <summary>Begins, in the background and once in a process.</summary>
    public static void Begin()
    {
        // On a single processor it would only take the server's time.
        if (Environment.ProcessorCount > 1 && Interlocked.Exchange(ref _begun, 1) == 0)
        {
            // Nobody waits for it: what goes wrong in it goes wrong again, and is told, when it matters. A test plays it too.
            _ = Task.Run(PlayAsync);
        }
    }

    /// <summary>Connects, lists the tools and calls one.</summary>
    /// <returns>What the tool says.</returns>
    public static async Task<string> PlayAsync()
    {
        var toServer = new Pipe();
        var toClient = new Pipe();
        _ = AnswerAsync(toServer.Reader.AsStream(), toClient.Writer.AsStream());
        var here = new StreamEndpoint(toClient.Reader.AsStream(), toServer.Writer.AsStream());
        await using (ServerConnection connection = await ServerConnection.ConnectAsync("rehearsal", here, new ConnectionOptions { Events = new EventHub(capacity: 8) }).ConfigureAwait(false))
        {
            ToolDescriptor tool = (await connection.GetToolsAsync().ConfigureAwait(false))[0];
            JsonObject arguments = ArgumentBinder.Bind(tool.InputSchema, new Dictionary<string, object?> { ["text"] = "hello" });
            var call = new ToolCallRequest(tool.Name, arguments) { Resume = static _ => false };
            ToolCallResult result = await connection.CallToolAsync(call).ConfigureAwait(false);
            return result.Text;
        }
    }

    private static async Task AnswerAsync(Stream input, Stream output)
    {
        using var reader = new StreamReader(input);
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            JsonNode? message = JsonNode.Parse(line);
            string? answer = message.Member("method").Text() switch
            {
                "server/discover" => """ "error": { "code": -32601, "message": "Method not found" } """,
                "initialize" => """ "result": { "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": { "name": "rehearsal", "version": "1" } } """,
                "tools/list" => """ "result": { "tools": [{ "name": "say", "inputSchema": { "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] } }] } """,
                "tools/call" => """ "result": { "content": [{ "type": "text", "text": "hello" }] } """,
                _ => null,
            };
            if (answer is not null)
            {
                string response = $$"""{"jsonrpc":"2.0","id":{{message.Member("id")!.ToJsonString()}},{{answer}}}""" + "\n";
                await output.WriteAsync(Encoding.UTF8.GetBytes(response)).ConfigureAwait(false);
            }
        }
    }
}
