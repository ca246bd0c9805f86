using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class McpcDriverTests
{
    private const string Original = """{"mcpc_enabled":true,"mcpc_version":"0.2.6","mcpc_provider":"p"}""";
    private const string Extended = """{"mcpc_enabled":true,"mcpc_version":"0.2.6","mcpc_provider":"p","mcpc_extensions":["cancel","update","seq"]}""";

    [Fact]
    public async Task A_task_may_end_before_the_answer_that_creates_it()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);

        await SendAsync(server, task, "update", new JsonObject { ["status"] = "half", ["progress"] = 50 });
        await SendAsync(server, task, "complete", "done");
        ToolCallResult result = await task.Completion.WaitAsync(FakeServer.Generous);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));

        Assert.Equal("done", result.Text);
        Assert.Equal("half", task.State.StatusMessage);
        Assert.Equal((50d, 100d), (task.State.Progress, task.State.Total));
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
    }

    [Fact]
    public async Task A_failed_task_fails_with_what_it_said()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));

        await SendAsync(server, task, "failed", new JsonObject { ["status"] = "out of paper" });

        Assert.Equal("out of paper", (await task.FailureAsync(ErrorIds.ToolError)).Message);
    }

    [Theory]
    [InlineData("plain text")]
    [InlineData("""{"type":"task","event":"created","session_id":"default","task_id":"x","tool_name":"work","result":null,"protocol":"mcpc"}""")]
    [InlineData("""{"type":"server_event","event":"complete","session_id":"default","protocol":"mcpc"}""")]
    public async Task The_answer_of_a_tool_that_does_not_use_MCPC_is_its_result(string answer)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.Connection.Mcpc.MessageReceived += message => Assert.Fail($"An ordinary result was taken for a message: {message.ToJson()}");

        // The start does not wait for the answer: such a tool answers when it is done.
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);
        await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = call["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = 1, ["total"] = 4 });
        await server.ReplyAsync(call, McpcClientTests.Text(answer));

        Assert.Equal(answer, (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Equal(25, task.State.PercentComplete);
    }

    [Fact]
    public async Task A_refused_call_fails_the_task()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);

        await server.RefuseAsync(call, -32602, "no such tool");

        Assert.Contains("no such tool", (await task.FailureAsync(ErrorIds.ProtocolError)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_connection_fails_the_task()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));
        await server.BreakAsync();

        await task.FailureAsync(ErrorIds.ConnectionLost);
    }

    [Fact]
    public async Task A_connection_lost_before_the_task_was_created_fails_it_too()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, _) = await StartAsync(server, Original);
        await server.BreakAsync();

        await task.FailureAsync(ErrorIds.ConnectionLost);
    }

    [Fact]
    public async Task A_disconnected_server_fails_the_task()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));
        await server.Connection.DisposeAsync();

        await task.FailureAsync(ErrorIds.ConnectionLost);
    }

    [Fact]
    public async Task A_server_with_our_extensions_is_asked_to_cancel()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Extended);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));

        task.Cancel();
        JsonObject cancel = await server.NextAsync("tools/call");

        await task.FailureAsync(ErrorIds.Cancelled);
        Assert.True(task.CanCancelOnServer);
        Assert.Equal($$$"""{"name":"_mcpc_cancel","arguments":{"task_id":"{{{task.Id}}}"}}""", WithoutMeta(cancel));
    }

    [Fact]
    public async Task A_server_without_them_is_not()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Original);
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));

        task.Cancel();
        await task.FailureAsync(ErrorIds.Cancelled);
        await McpcClientTests.PingAsync(server);

        Assert.False(task.CanCancelOnServer);
        Assert.DoesNotContain(server.Seen, message => Recording.NameOf(message) == "_mcpc_cancel");
        await Assert.ThrowsAsync<McpFailureException>(() => task.UpdateAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task A_running_task_takes_new_data()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        (BackgroundTask task, _) = await StartAsync(server, Extended);

        Task updated = task.UpdateAsync(new JsonObject { ["speed"] = 2 }, CancellationToken.None);
        JsonObject update = await server.NextAsync("tools/call");
        await server.ReplyAsync(update, McpcClientTests.Text("{}"));

        await updated.WaitAsync(FakeServer.Generous);
        Assert.Equal($$$$"""{"name":"_mcpc_update","arguments":{"task_id":"{{{{task.Id}}}}","data":{"speed":2}}}""", WithoutMeta(update));
    }

    [Fact]
    public async Task Silence_ends_the_task_and_every_message_puts_that_off()
    {
        var time = new ManualTimeProvider();
        await using FakeServer server = await FakeServer.StartAsync(time: time);
        (BackgroundTask task, JsonObject call) = await StartAsync(server, Extended, idle: TimeSpan.FromSeconds(10));
        await server.ReplyAsync(call, McpcClientTests.Text(Message(server, task, "created", null).ToJson()));
        await McpcClientTests.PingAsync(server);

        time.Advance(TimeSpan.FromSeconds(8));
        await SendAsync(server, task, "update", "still here");
        await task.UntilAsync(of => of.State.StatusMessage == "still here");
        time.Advance(TimeSpan.FromSeconds(8));
        Assert.False(task.Completion.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(3));
        await task.FailureAsync(ErrorIds.IdleTimeout);
        Assert.Equal("_mcpc_cancel", Recording.NameOf(await server.NextAsync("tools/call")));
    }

    [Fact]
    public async Task The_hard_cap_ends_the_task_here_and_on_the_server()
    {
        var time = new ManualTimeProvider();
        await using FakeServer server = await FakeServer.StartAsync(time: time);
        (BackgroundTask task, _) = await StartAsync(server, Extended, total: TimeSpan.FromSeconds(10));

        time.Advance(TimeSpan.FromSeconds(10));

        await task.FailureAsync(ErrorIds.Timeout);
        Assert.Equal("_mcpc_cancel", Recording.NameOf(await server.NextAsync("tools/call")));
    }

    [Fact]
    public async Task A_server_without_MCPC_cannot_be_made_to_use_it()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.On("tools/call", _ => FakeServer.Error(-32602, "Unknown tool"));

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => new BackgroundTasks(null).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Mcpc }));

        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
    }

    private static async Task<(BackgroundTask Task, JsonObject Call)> StartAsync(FakeServer server, string info, TimeSpan idle = default, TimeSpan total = default)
    {
        Task<BackgroundTask> starting = new BackgroundTasks(null).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool(), new JsonObject { ["a"] = 1 }) { IdleTimeout = idle, Timeout = total });
        await server.ReplyAsync(await server.NextAsync("tools/call"), McpcClientTests.Text(info));
        BackgroundTask task = await starting.WaitAsync(FakeServer.Generous);
        Assert.Equal(BackgroundKind.Mcpc, task.Kind);
        return (task, await server.NextAsync("tools/call"));
    }

    private static McpcMessage Message(FakeServer server, BackgroundTask task, string @event, JsonNode? result) =>
        McpcMessage.Create(@event, "work", server.Connection.Mcpc.SessionId, task.Id, result);

    private static Task SendAsync(FakeServer server, BackgroundTask task, string @event, JsonNode? result) =>
        server.SendAsync(McpcClientTests.Callback(Message(server, task, @event, result)));

    private static string WithoutMeta(JsonObject request)
    {
        var parameters = (JsonObject)request["params"]!.DeepClone();
        parameters.Remove("_meta");
        return parameters.ToJsonString();
    }
}
