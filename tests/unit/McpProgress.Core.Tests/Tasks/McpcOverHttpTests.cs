using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>Over HTTP the callbacks of MCPC come on the session's event stream, and nobody asks for them again.</summary>
public sealed class McpcOverHttpTests
{
    [Fact]
    public async Task A_task_whose_event_stream_breaks_is_lost_and_the_next_one_has_a_new_stream()
    {
        await using var peer = new HttpPeer(modern: false) { HasEventStream = true };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        HttpPeer.Exchange stream = await peer.NextEventStreamAsync();
        await stream.BeginChunkedEventsAsync();
        (BackgroundTask task, _) = await StartAsync(peer, connection, probes: true);

        stream.Close();

        McpFailureException failure = await task.FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains(task.Id, failure.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);

        HttpPeer.Exchange again = await peer.NextEventStreamAsync();
        await again.BeginEventsAsync();
        (BackgroundTask next, JsonNode ids) = await StartAsync(peer, connection, probes: false);
        await again.EventAsync(Callback(ids, "complete", "done"));
        Assert.Equal("done", (await next.Completion.Within()).Text);
        again.Close();
    }

    [Fact]
    public async Task An_event_stream_that_the_server_ends_takes_nothing_with_it()
    {
        await using var peer = new HttpPeer(modern: false) { HasEventStream = true };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        HttpPeer.Exchange stream = await peer.NextEventStreamAsync();
        await stream.BeginChunkedEventsAsync();
        (BackgroundTask task, JsonNode ids) = await StartAsync(peer, connection, probes: true);

        await stream.RawAsync("0\r\n\r\n");
        stream.Close();

        HttpPeer.Exchange again = await peer.NextEventStreamAsync();
        await again.BeginEventsAsync();
        await again.EventAsync(Callback(ids, "complete", "done"));
        Assert.Equal("done", (await task.Completion.Within()).Text);
        again.Close();
    }

    private static async Task<(BackgroundTask Task, JsonNode Ids)> StartAsync(HttpPeer peer, ServerConnection connection, bool probes)
    {
        Task<BackgroundTask> starting = new BackgroundTasks(null).StartAsync(connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Mcpc });
        if (probes)
        {
            HttpPeer.Exchange probe = await peer.NextAsync("tools/call");
            await probe.ResultAsync("""{"content":[{"type":"text","text":"{\"mcpc_enabled\":true,\"mcpc_version\":\"0.2.6\",\"mcpc_provider\":\"p\"}"}]}""");
        }

        HttpPeer.Exchange call = await peer.NextAsync("tools/call");
        JsonNode ids = call.Message!["params"]!["arguments"]!["mcpc_params"]!;
        BackgroundTask task = await starting.Within();
        await call.ResultAsync(new JsonObject { ["content"] = new JsonArray(Block(ids, "created", "Started.")) }.ToJsonString());
        return (task, ids);
    }

    private static string Callback(JsonNode ids, string @event, string result) => new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = "MCPC_CALLBACK",
        ["result"] = new JsonObject { ["content"] = new JsonArray(Block(ids, @event, result)) },
    }.ToJsonString();

    private static JsonObject Block(JsonNode ids, string @event, string result) => new()
    {
        ["type"] = "text",
        ["text"] = new JsonObject
        {
            ["type"] = "task",
            ["event"] = @event,
            ["session_id"] = ids["session_id"]!.DeepClone(),
            ["task_id"] = ids["task_id"]!.DeepClone(),
            ["tool_name"] = "work",
            ["result"] = result,
            ["protocol"] = "mcpc",
        }.ToJsonString(),
    };
}
