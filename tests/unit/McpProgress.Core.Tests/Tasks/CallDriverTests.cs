using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;

namespace McpProgress.Core.Tests.Tasks;

public sealed class CallDriverTests
{
    private readonly BackgroundTasks _tasks = new(null);

    [Fact]
    public async Task A_plain_call_keeps_its_progress()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server);
        JsonNode token = call["params"]!["_meta"]!["progressToken"]!;

        await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = token.DeepClone(), ["progress"] = 1, ["total"] = 4, ["message"] = "one" });
        await task.UntilAsync(of => of.State is { PercentComplete: 25, StatusMessage: "one" });
        await server.ReplyAsync(call, McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
    }

    [Fact]
    public async Task Cancelling_tells_the_server()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server);

        task.Cancel();

        await task.FailureAsync(ErrorIds.Cancelled);
        Assert.Equal(call["id"]!.ToJsonString(), (await server.NextAsync("notifications/cancelled"))["params"]!["requestId"]!.ToJsonString());
    }

    [Fact]
    public async Task A_question_waits_for_an_answer()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server);
        await server.SendAsync("""{"jsonrpc":"2.0","id":"e1","method":"elicitation/create","params":{"message":"Which?","requestedSchema":{"type":"object","properties":{"size":{"type":"string","default":"m"}}}}}""");
        await task.UntilAsync(BackgroundStatus.InputRequired);

        task.Answer(null, new InputAnswer("accept"));

        Assert.Equal("""{"action":"accept","content":{"size":"m"}}""", (await server.NextAnswerAsync("e1"))["result"]!.ToJsonString());
        Assert.Equal(BackgroundStatus.Working, task.State.Status);
        await server.ReplyAsync(call, McpcClientTests.Text("done"));
        await task.Completion.WaitAsync(FakeServer.Generous);
    }

    [Fact]
    public async Task An_open_question_does_not_keep_the_calls_of_a_dead_server_from_ending()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask asking, _) = await StartAsync(server);
        await server.SendAsync("""{"jsonrpc":"2.0","id":"e1","method":"elicitation/create","params":{"message":"Which?","requestedSchema":{"type":"object","properties":{}}}}""");
        await asking.UntilAsync(BackgroundStatus.InputRequired);
        (BackgroundTask other, _) = await StartAsync(server);

        await server.BreakAsync();

        await other.FailureAsync(ErrorIds.ConnectionLost);
        await asking.FailureAsync(ErrorIds.ConnectionLost);
        Assert.Empty(asking.PendingInput);
    }

    private async Task<(BackgroundTask Task, JsonObject Call)> StartAsync(FakeServer server)
    {
        BackgroundTask task = await _tasks.StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Call });
        return (task, await server.NextAsync("tools/call"));
    }
}
