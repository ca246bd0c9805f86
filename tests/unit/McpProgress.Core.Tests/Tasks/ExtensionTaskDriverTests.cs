using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class ExtensionTaskDriverTests : IDisposable
{
    private const string Question = """{"colour":{"method":"elicitation/create","params":{"message":"Which?","requestedSchema":{"type":"object","properties":{"colour":{"type":"string"}}}}}}""";

    private readonly RegistryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_task_is_started_followed_and_its_result_comes_with_its_state()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, JsonObject call) = await StartAsync(server);
        Assert.Equal(BackgroundKind.ExtensionTask, task.Kind);
        Assert.Equal("t1", task.Id);
        Assert.NotNull(call["params"]!["_meta"]!["io.modelcontextprotocol/clientCapabilities"]!["extensions"]!["io.modelcontextprotocol/tasks"]);
        Assert.Equal("t1", Assert.Single(_folder.Registry.List()).Id);

        JsonObject working = State("working", ("statusMessage", "step 1"), ("_meta", FakeServer.Json("""{"mcpprogress/progress":{"progress":1,"total":4}}""")));
        await server.ReplyAsync(await server.NextAsync("tasks/get"), working);
        await task.UntilAsync(of => of.State is { PercentComplete: 25, StatusMessage: "step 1" });
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed", ("result", McpcClientTests.Text("the result"))));

        Assert.Equal("the result", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Fact]
    public async Task A_tool_error_is_a_result_and_not_a_failure()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed", ("result", FakeServer.Json("""{"content":[{"type":"text","text":"bad"}],"isError":true}"""))));

        Assert.True((await task.Completion.WaitAsync(FakeServer.Generous)).IsError);
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
    }

    [Fact]
    public async Task A_failed_task_carries_its_error()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("failed", ("error", FakeServer.Error(-32603, "no paper"))));

        Assert.Contains("no paper", (await task.FailureAsync(ErrorIds.ProtocolError)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_decides_whether_a_call_becomes_a_task()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        Task<BackgroundTask> starting = new BackgroundTasks(_folder.Registry).StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), []));
        JsonObject answer = McpcClientTests.Text("at once");
        answer["resultType"] = "complete";
        await server.ReplyAsync(await server.NextAsync("tools/call"), answer);

        BackgroundTask task = await starting.WaitAsync(FakeServer.Generous);

        Assert.Equal("at once", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task A_call_that_becomes_no_task_keeps_its_progress_and_nobody_waits_for_it()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        BackgroundTask task = await new BackgroundTasks(_folder.Registry).StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), [])).WaitAsync(FakeServer.Generous);
        JsonObject call = await server.NextAsync("tools/call");
        await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = call["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = 1, ["total"] = 2 });
        await task.UntilAsync(of => of.State.PercentComplete == 50);
        await server.ReplyAsync(call, McpcClientTests.Text("plain"));

        Assert.Equal("plain", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Theory]
    [InlineData(BackgroundKind.Task, true, "optional")]
    [InlineData(BackgroundKind.Task, false, "forbidden")]
    [InlineData(BackgroundKind.ExtensionTask, false, "optional")]
    public async Task A_way_that_the_server_does_not_have_is_refused(BackgroundKind kind, bool stateless, string taskSupport)
    {
        await using FakeServer server = stateless ? await FakeServer.StartStatelessAsync() : await FakeServer.StartAsync("""{"tasks":{}}""");

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => new BackgroundTasks(_folder.Registry).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool(taskSupport: taskSupport), []) { Kind = kind }));

        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
    }

    [Fact]
    public async Task Cancelling_tells_the_server()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(server);
        await server.NextAsync("tasks/get");

        task.Cancel();

        await task.FailureAsync(ErrorIds.Cancelled);
        Assert.Equal("t1", (string?)(await server.NextAsync("tasks/cancel"))["params"]!["taskId"]);
    }

    [Fact]
    public async Task A_task_the_server_does_not_know_is_not_found()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(server);
        await server.RefuseAsync(await server.NextAsync("tasks/get"), -32602, "Unknown task");

        await task.FailureAsync(ErrorIds.TaskNotFound);
    }

    [Fact]
    public async Task A_question_is_asked_once_however_often_the_state_shows_it()
    {
        var time = new ManualTimeProvider();
        int asked = 0;
        await using FakeServer server = await FakeServer.StartStatelessAsync(time: time);
        (BackgroundTask task, _) = await StartAsync(server, (_, _) =>
        {
            asked++;
            return Task.FromResult<InputAnswer?>(new InputAnswer("accept", new Dictionary<string, object?> { ["colour"] = "red" }));
        });
        JsonObject waiting = State("input_required", ("inputRequests", FakeServer.Json(Question)));
        await server.ReplyAsync(await server.NextAsync("tasks/get"), waiting.DeepClone());
        JsonObject update = await server.NextAsync("tasks/update");
        Assert.Equal("""{"colour":{"action":"accept","content":{"colour":"red"}}}""", update["params"]!["inputResponses"]!.ToJsonString());
        await server.ReplyAsync(update, new JsonObject { ["resultType"] = "complete" });

        // The answer was taken, and the state still shows the question.
        await server.ReplyAsync(await server.NextAsync("tasks/get"), waiting.DeepClone());
        await server.NotifyAsync("notifications/tasks", waiting.DeepClone());
        await server.ReplyAsync(await server.NextAsync("tasks/get"), State("completed", ("result", McpcClientTests.Text("red"))));

        await task.Completion.WaitAsync(FakeServer.Generous);
        Assert.Equal(1, asked);
        Assert.Single(server.Seen, message => (string?)message["method"] == "tasks/update");
    }

    [Fact]
    public async Task An_answer_that_did_not_get_through_is_sent_again_and_not_asked_again()
    {
        int asked = 0;
        var tasks = new BackgroundTasks(_folder.Registry);
        await using FakeServer first = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(
            first,
            (_, _) =>
            {
                asked++;
                return Task.FromResult<InputAnswer?>(new InputAnswer("accept", new Dictionary<string, object?> { ["colour"] = "red" }));
            },
            tasks);
        JsonObject waiting = State("input_required", ("inputRequests", FakeServer.Json(Question)));
        await first.ReplyAsync(await first.NextAsync("tasks/get"), waiting.DeepClone());
        await first.NextAsync("tasks/update");
        await first.BreakAsync();
        await task.UntilAsync(of => of.State.StatusMessage?.Contains("connection was lost", StringComparison.Ordinal) == true);

        await using FakeServer second = await FakeServer.StartStatelessAsync();
        second.On("tasks/get", _ => waiting.DeepClone());
        tasks.Reconnected(second.Connection);
        await second.ReplyAsync(await second.NextAsync("tasks/update"), new JsonObject { ["resultType"] = "complete" });
        second.On("tasks/get", _ => State("completed", ("result", McpcClientTests.Text("red"))));

        Assert.Equal("red", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_task_that_cannot_be_kept_goes_on_and_who_listens_later_is_told()
    {
        var nowhere = new TaskRegistry(Path.Combine(typeof(ExtensionTaskDriverTests).Assembly.Location, "no folder"), TimeProvider.System);
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tasks/get", _ => State("completed", ("result", McpcClientTests.Text("red"))));
        (BackgroundTask task, _) = await StartAsync(server, tasks: new BackgroundTasks(nowhere));
        Assert.Equal("red", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);

        var told = new List<string>();
        task.ObserveWarnings(told.Add);

        Assert.StartsWith("The task 't1' could not be kept for a later session: ", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_the_server_refuses_is_told()
    {
        var warned = new TaskCompletionSource<string>();
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tasks/get", _ => State("input_required", ("inputRequests", FakeServer.Json(Question))));
        (BackgroundTask task, _) = await StartAsync(server);
        task.ObserveWarnings(message => warned.TrySetResult(message));
        await task.UntilAsync(of => of.PendingInput.Count == 1);

        task.Answer("colour", new InputAnswer("accept"));
        await server.RefuseAsync(await server.NextAsync("tasks/update"), -32602, "not that one");

        Assert.Contains("not that one", await warned.Task.WaitAsync(FakeServer.Generous), StringComparison.Ordinal);

        // Another one may be better.
        await task.UntilAsync(of => of.PendingInput.Count == 1);
        task.Answer("colour", new InputAnswer("decline"));
        Assert.Equal("decline", (string?)(await server.NextAsync("tasks/update"))["params"]!["inputResponses"]!["colour"]!["action"]);
        task.Cancel();
    }

    [Fact]
    public async Task A_handler_whose_answer_the_server_refuses_is_not_asked_again()
    {
        int asked = 0;
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tasks/get", _ => State("input_required", ("inputRequests", FakeServer.Json(Question))));
        (BackgroundTask task, _) = await StartAsync(server, (_, _) =>
        {
            asked++;
            return Task.FromResult<InputAnswer?>(new InputAnswer("decline"));
        });
        await server.RefuseAsync(await server.NextAsync("tasks/update"), -32602, "not that one");

        await task.UntilAsync(of => of.PendingInput.Count == 1 && asked == 1);
        task.Answer("colour", new InputAnswer("accept"));
        await server.NextAsync("tasks/update");

        Assert.Equal(1, asked);
        task.Cancel();
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task What_a_web_server_cannot_answer_for_a_moment_is_asked_or_sent_again(int status)
    {
        await using var peer = new HttpPeer(modern: true) { Capabilities = """{"extensions":{"io.modelcontextprotocol/tasks":{}}}""" };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        Task<BackgroundTask> starting = new BackgroundTasks(_folder.Registry).StartAsync(connection, new BackgroundRequest(FakeServer.Tool(), []));
        JsonObject created = State("working");
        created["resultType"] = "task";
        await (await peer.NextAsync("tools/call")).ResultAsync(created.ToJsonString());
        BackgroundTask task = await starting.Within();

        await (await peer.NextAsync("tasks/get")).RespondAsync(status, "text/plain", "");
        await task.UntilAsync(of => of.State is { Trouble: not null, IsDisconnected: false });
        string waiting = State("input_required", ("inputRequests", FakeServer.Json(Question))).ToJsonString();
        await (await peer.NextAsync("tasks/get")).ResultAsync(waiting);
        await task.UntilAsync(of => of.State.Trouble is null && of.PendingInput.Count == 1);
        task.Answer(null, new InputAnswer("decline"));
        HttpPeer.Exchange update = await AnswerUntilAsync(peer, waiting, "tasks/update");
        await update.RespondAsync(status, "text/plain", "");
        HttpPeer.Exchange again = await AnswerUntilAsync(peer, waiting, "tasks/update");
        Assert.Contains("decline", again.Message!.ToJsonString(), StringComparison.Ordinal);
        await again.ResultAsync("""{"resultType":"complete"}""");
        HttpPeer.Exchange last = await peer.NextAsync("tasks/get");
        await last.ResultAsync(State("completed", ("result", McpcClientTests.Text("done"))).ToJsonString());

        Assert.Equal("done", (await task.Completion.Within()).Text);
        Assert.Empty(_folder.Registry.List());
    }

    [Theory]
    [InlineData("""{"taskId":"t1","status":"working","taskId":"t2","status":"completed"}""")]
    [InlineData("""{"taskId":"t1","status":"\ud800","statusMessage":"\ud800","_meta":{"mcpprogress/progress":[1]}}""")]
    [InlineData("""{"taskId":"t1","status":5,"ttlMs":"long","pollIntervalMs":[],"createdAt":{}}""")]
    public async Task A_notification_that_makes_no_sense_does_no_harm(string parameters)
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        (BackgroundTask task, _) = await StartAsync(server);
        JsonObject get = await server.NextAsync("tasks/get");

        await server.SendAsync($$"""{"jsonrpc":"2.0","method":"notifications/tasks","params":{{parameters}}}""");
        await server.ReplyAsync(get, State("completed", ("result", McpcClientTests.Text("fine"))));

        Assert.Equal("fine", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
    }

    [Fact]
    public async Task A_subscription_to_the_task_brings_its_news()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tasks/get", _ => State("working"));
        (BackgroundTask task, _) = await StartAsync(server);
        JsonObject subscribed = await server.NextAsync("subscriptions/listen");
        Assert.Equal("""["t1"]""", subscribed["params"]!["notifications"]!["taskIds"]!.ToJsonString());

        await server.NotifyAsync("notifications/tasks", State("working", ("statusMessage", "news")));

        await task.UntilAsync(of => of.State.StatusMessage == "news");
        task.Cancel();
    }

    [Fact]
    public async Task A_task_that_the_server_would_not_tell_of_can_be_taken_up_later()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tasks/get", _ => FakeServer.Error(-32603, "out of order"));
        (BackgroundTask task, _) = await StartAsync(server);

        await task.FailureAsync(ErrorIds.ProtocolError);

        Assert.Equal("t1", Assert.Single(_folder.Registry.List()).Id);
    }

    [Fact]
    public async Task A_call_that_the_server_makes_no_task_of_is_told_as_a_call()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        server.On("tools/call", _ => McpcClientTests.Text("at once"));

        BackgroundTask task = await new BackgroundTasks(null).StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), []));

        Assert.Equal("at once", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Equal(BackgroundKind.Call, task.Kind);
    }

    /// <summary>Answers polls until something else is asked.</summary>
    private static async Task<HttpPeer.Exchange> AnswerUntilAsync(HttpPeer peer, string state, string method)
    {
        while (true)
        {
            HttpPeer.Exchange exchange = await peer.NextAsync();
            if (exchange.Method == method)
            {
                return exchange;
            }

            await exchange.ResultAsync(exchange.Method == "tasks/get" ? state : "{}");
        }
    }

    internal static JsonObject State(string status, params (string Name, JsonNode? Value)[] more)
    {
        var state = new JsonObject
        {
            ["resultType"] = "complete",
            ["taskId"] = "t1",
            ["status"] = status,
            ["createdAt"] = DateTimeOffset.UtcNow.AddSeconds(-1).ToString("O"),
            ["lastUpdatedAt"] = DateTimeOffset.UtcNow.ToString("O"),
            ["ttlMs"] = 3_600_000,
            ["pollIntervalMs"] = 1,
        };
        foreach ((string name, JsonNode? value) in more)
        {
            state[name] = value;
        }

        return state;
    }

    private async Task<(BackgroundTask Task, JsonObject Call)> StartAsync(FakeServer server, InputResponder? responder = null, BackgroundTasks? tasks = null)
    {
        Task<BackgroundTask> starting = (tasks ?? new BackgroundTasks(_folder.Registry)).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool(), new JsonObject { ["a"] = 1 }) { InputResponder = responder });
        JsonObject call = await server.NextAsync("tools/call");
        JsonObject created = State("working");
        created["resultType"] = "task";
        await server.ReplyAsync(call, created);
        return (await starting.WaitAsync(FakeServer.Generous), call);
    }
}
