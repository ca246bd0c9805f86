using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class TaskDriver2025Tests : IDisposable
{
    private const string Capabilities = """{"tasks":{"requests":{"tools":{"call":{}}},"cancel":{},"list":{}}}""";

    private readonly RegistryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_task_is_started_followed_and_its_result_fetched()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, JsonObject call) = await StartAsync(server);
        Assert.Equal(BackgroundKind.Task, task.Kind);
        Assert.Equal("t1", task.Id);
        Assert.Equal(86_400_000, (long)call["params"]!["task"]!["ttl"]!);
        Assert.Equal("t1", Assert.Single(_folder.Registry.List()).Id);

        await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = call["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = 3, ["total"] = 4, ["message"] = "nearly" });
        await task.UntilAsync(of => of.State.PercentComplete == 75);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/result"), McpcClientTests.Text("the result"));

        Assert.Equal("the result", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task A_server_may_answer_at_once()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tools/call", _ => McpcClientTests.Text("already"));

        BackgroundTask task = await new BackgroundTasks(_folder.Registry).StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(taskSupport: "optional"), []));

        Assert.Equal("already", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task A_notification_that_there_is_something_to_get_ends_the_wait()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities, time: new ManualTimeProvider());
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("working"));

        // The clock stands still: without the notification nobody would ever ask again.
        await server.NotifyAsync("notifications/tasks/status", State("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/result"), McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Fact]
    public async Task A_notification_is_news_for_the_views_at_once()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.NextAsync("tasks/get");

        await server.NotifyAsync("notifications/tasks/status", State("working", message: "step 2"));

        await task.UntilAsync(of => of.State.StatusMessage == "step 2");
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("completed")]
    public async Task A_result_that_is_an_error_is_what_the_call_would_have_said(string status)
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State(status));
        await server.RefuseAsync(await server.NextAsync("tasks/result"), -32000, "no paper");

        Assert.Contains("no paper", (await task.FailureAsync(ErrorIds.ProtocolError)).Message, StringComparison.Ordinal);
        Assert.Equal(BackgroundStatus.Failed, task.State.Status);
    }

    [Fact]
    public async Task A_task_cancelled_on_the_server_is_cancelled_here()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("cancelled", message: "by the night watch"));

        Assert.Contains("by the night watch", (await task.FailureAsync(ErrorIds.Cancelled)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_it_here_at_once_and_then_there()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.NextAsync("tasks/get");

        task.Cancel();

        await task.FailureAsync(ErrorIds.Cancelled);
        JsonObject cancel = await server.NextAsync("tasks/cancel");
        Assert.Equal("t1", (string?)cancel["params"]!["taskId"]);
        await server.ReplyAsync(cancel, State("cancelled"));
        await McpcClientTests.PingAsync(server);
    }

    [Fact]
    public async Task The_hard_cap_cancels_it_on_both_sides()
    {
        var time = new ManualTimeProvider();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities, time: time);
        server.On("tasks/get", _ => State("working"));
        (BackgroundTask task, _) = await StartAsync(server, timeout: TimeSpan.FromSeconds(10));

        time.Advance(TimeSpan.FromSeconds(10));

        await task.FailureAsync(ErrorIds.Timeout);
        await server.NextAsync("tasks/cancel");
    }

    [Fact]
    public async Task A_task_the_server_does_not_know_is_not_found()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.RefuseAsync(await server.NextAsync("tasks/get"), -32602, "Unknown task");

        await task.FailureAsync(ErrorIds.TaskNotFound);
    }

    [Fact]
    public async Task A_task_that_has_outlived_its_time_is_given_up()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => State("working", ttl: 1));
        (BackgroundTask task, _) = await StartAsync(server);

        await task.FailureAsync(ErrorIds.TaskExpired);
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59Z", 1e300, "1e300")]
    [InlineData("0001-01-01T00:00:00Z", 1e18, "-5")]
    public async Task Times_that_make_no_sense_do_no_harm(string createdAt, double ttl, string pollInterval)
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        JsonObject state = State("working");
        state["createdAt"] = createdAt;
        state["ttl"] = ttl;
        state["pollInterval"] = JsonNode.Parse(pollInterval);
        server.On("tasks/get", _ => state.DeepClone());
        (BackgroundTask task, _) = await StartAsync(server);
        await task.UntilAsync(of => of.State.ExpiresAt is not null);

        await server.NotifyAsync("notifications/tasks/status", state.DeepClone());
        await McpcClientTests.PingAsync(server);

        task.Cancel();
        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.WaitAsync(FakeServer.Generous));
        Assert.Contains(failure.ErrorId, new[] { ErrorIds.Cancelled, ErrorIds.TaskExpired });
    }

    [Fact]
    public async Task A_question_comes_on_the_stream_of_the_result()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => State("input_required"));
        (BackgroundTask task, _) = await StartAsync(server);
        JsonObject result = await server.NextAsync("tasks/result");
        await AskAsync(server, "e1");
        await task.UntilAsync(of => of.PendingInput.Count == 1);
        Assert.Equal(BackgroundStatus.InputRequired, task.State.Status);

        task.Answer(null, new InputAnswer("accept", new Dictionary<string, object?> { ["colour"] = "red" }));
        JsonObject answer = await server.NextAnswerAsync("e1");
        await server.ReplyAsync(result, McpcClientTests.Text("red it is"));
        server.On("tasks/get", _ => State("completed"));

        Assert.Equal("""{"action":"accept","content":{"colour":"red"}}""", answer["result"]!.ToJsonString());
        Assert.Equal("red it is", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Fact]
    public async Task A_handler_answers_and_is_asked_once()
    {
        int asked = 0;
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => State("input_required"));
        (BackgroundTask task, _) = await StartAsync(server, responder: (request, _) =>
        {
            asked++;
            Assert.Equal("Which?", request.Message);
            return Task.FromResult<InputAnswer?>(new InputAnswer("accept", new Dictionary<string, object?> { ["colour"] = "blue" }));
        });
        await server.NextAsync("tasks/result");
        Assert.Equal(BackgroundStatus.Working, task.State.Status);
        await AskAsync(server, "e1");

        JsonObject answer = await server.NextAnswerAsync("e1");

        Assert.Equal("blue", (string?)answer["result"]!["content"]!["colour"]);
        Assert.Equal(1, asked);
        task.Cancel();
    }

    [Fact]
    public async Task A_result_that_could_not_be_had_while_it_waited_for_input_is_asked_for_again()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("input_required"));
        await server.RefuseAsync(await server.NextAsync("tasks/result"), -32603, "out of order");
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/result"), McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_of_the_servers_does_not_end_a_task()
    {
        static JsonObject Old(string status)
        {
            JsonObject state = State(status, ttl: 120_000);
            state["createdAt"] = DateTimeOffset.UtcNow.AddMinutes(-3).ToString("O");
            return state;
        }

        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tools/call", _ => new JsonObject { ["task"] = Old("working") });
        BackgroundTask task = await new BackgroundTasks(null).StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(taskSupport: "optional"), []));
        await server.ReplyAsync(await server.NextAsync("tasks/get"), Old("working"));
        await server.ReplyAsync(await server.NextAsync("tasks/get"), Old("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/result"), McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.InRange(task.State.ExpiresAt!.Value, DateTimeOffset.UtcNow.AddSeconds(60), DateTimeOffset.UtcNow.AddSeconds(180));
    }

    [Fact]
    public async Task An_answer_of_a_handler_that_does_not_fit_is_told_and_the_question_stays_open()
    {
        var warned = new TaskCompletionSource<string>();
        var go = new TaskCompletionSource();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => State("input_required"));
        (BackgroundTask task, _) = await StartAsync(server, responder: async (_, _) =>
        {
            await go.Task;
            return new InputAnswer("accept", new Dictionary<string, object?> { ["size"] = "red" });
        });
        task.ObserveWarnings(message => warned.TrySetResult(message));
        go.SetResult();
        await server.NextAsync("tasks/result");
        await AskAsync(server, "e1");

        Assert.Contains("colour", await warned.Task.WaitAsync(FakeServer.Generous), StringComparison.Ordinal);
        Assert.Equal("Which?", Assert.Single(task.PendingInput).Message);
        task.Answer(null, new InputAnswer("decline"));
        Assert.Equal("decline", (string?)(await server.NextAnswerAsync("e1"))["result"]!["action"]);
        task.Cancel();
    }

    internal static Task AskAsync(FakeServer server, string id, string task = "t1") => server.SendAsync(
        $$$$$"""{"jsonrpc":"2.0","id":"{{{{{id}}}}}","method":"elicitation/create","params":{"message":"Which?","requestedSchema":{"type":"object","properties":{"colour":{"type":"string"}},"required":["colour"]},"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"{{{{{task}}}}}"}}}}""");

    internal static JsonObject State(string status, string? message = null, double ttl = 3_600_000)
    {
        var state = new JsonObject
        {
            ["taskId"] = "t1",
            ["status"] = status,
            ["createdAt"] = DateTimeOffset.UtcNow.AddSeconds(-1).ToString("O"),
            ["lastUpdatedAt"] = DateTimeOffset.UtcNow.ToString("O"),
            ["ttl"] = ttl,
            ["pollInterval"] = 1,
        };
        if (message is not null)
        {
            state["statusMessage"] = message;
        }

        return state;
    }

    private async Task<(BackgroundTask Task, JsonObject Call)> StartAsync(
        FakeServer server, InputResponder? responder = null, TimeSpan timeout = default)
    {
        var request = new BackgroundRequest(FakeServer.Tool(taskSupport: "optional"), new JsonObject { ["a"] = 1 }) { InputResponder = responder, Timeout = timeout };
        Task<BackgroundTask> starting = new BackgroundTasks(_folder.Registry).StartAsync(server.Connection, request);
        JsonObject call = await server.NextAsync("tools/call");
        await server.ReplyAsync(call, new JsonObject { ["task"] = State("working") });
        return (await starting.WaitAsync(FakeServer.Generous), call);
    }
}
