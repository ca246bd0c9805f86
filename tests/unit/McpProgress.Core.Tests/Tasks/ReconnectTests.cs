using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class ReconnectTests : IDisposable
{
    private const string Capabilities = """{"tasks":{"requests":{"tools":{"call":{}}}}}""";

    private readonly RegistryFolder _folder = new();
    private readonly BackgroundTasks _tasks;

    public ReconnectTests() => _tasks = new BackgroundTasks(_folder.Registry);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_waits_for_a_new_connection_to_its_server_and_goes_on(bool broken)
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        BackgroundTask task = await StartAsync(first);
        await first.ReplyAsync(await first.NextAsync("tasks/get"), TaskDriver2025Tests.State("working", "step 1"));
        await task.UntilAsync(of => of.State.StatusMessage == "step 1");
        await LoseAsync(first, broken);
        await task.UntilAsync(of => IsLost(of) && of.State.IsDisconnected);
        Assert.Equal("t1", Assert.Single(_folder.Registry.List()).Id);

        await using FakeServer stranger = await FakeServer.StartAsync(Capabilities, name: "stranger");
        _tasks.Reconnected(stranger.Connection);
        Assert.True(task.State.IsDisconnected);
        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        _tasks.Reconnected(second.Connection);
        Assert.False(task.State.IsDisconnected);
        await second.ReplyAsync(await second.NextAsync("tasks/get"), TaskDriver2025Tests.State("working"));

        // What it said before comes back with the connection.
        await task.UntilAsync(of => of.State.StatusMessage == "step 1");
        await second.NotifyAsync("notifications/tasks/status", TaskDriver2025Tests.State("working", "step 2"));
        await task.UntilAsync(of => of.State.StatusMessage == "step 2");
        second.On("tasks/get", _ => TaskDriver2025Tests.State("completed"));
        second.On("tasks/result", _ => McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.DoesNotContain(stranger.Seen, message => ((string?)message["method"])?.StartsWith("tasks/", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_question_that_the_old_connection_brought_is_asked_anew_over_the_new_one()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        first.On("tasks/get", _ => TaskDriver2025Tests.State("input_required"));
        BackgroundTask task = await StartAsync(first);
        await first.NextAsync("tasks/result");
        await TaskDriver2025Tests.AskAsync(first, "e1");
        await task.UntilAsync(of => of.PendingInput.Count == 1);
        string lost = task.PendingInput[0].Key;
        await first.BreakAsync();
        await task.UntilAsync(IsLost);

        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        second.On("tasks/get", _ => TaskDriver2025Tests.State("input_required"));
        _tasks.Reconnected(second.Connection);
        JsonObject result = await second.NextAsync("tasks/result");
        await TaskDriver2025Tests.AskAsync(second, "e1");
        await task.UntilAsync(of => of.PendingInput.Any(request => request.Key != lost));

        // Only the living question is left to answer.
        task.Answer(null, new InputAnswer("accept", new Dictionary<string, object?> { ["colour"] = "red" }));
        Assert.Equal("red", (string?)(await second.NextAnswerAsync("e1"))["result"]!["content"]!["colour"]);
        await second.ReplyAsync(result, McpcClientTests.Text("done"));
        second.On("tasks/get", _ => TaskDriver2025Tests.State("completed"));
        await task.Completion.WaitAsync(FakeServer.Generous);
    }

    [Fact]
    public async Task The_end_of_a_task_takes_nothing_from_the_calls_of_the_new_connection()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        BackgroundTask task = await StartAsync(first);
        await first.BreakAsync();
        await task.UntilAsync(IsLost);

        // Both connections count their progress tokens from the same number.
        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        BackgroundTask call = await _tasks.StartAsync(second.Connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Call });
        JsonObject request = await second.NextAsync("tools/call");
        _tasks.Reconnected(second.Connection);
        await second.ReplyAsync(await second.NextAsync("tasks/get"), TaskDriver2025Tests.State("cancelled"));
        await task.FailureAsync(ErrorIds.Cancelled);
        await McpcClientTests.PingAsync(second);

        await second.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = request["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = 1, ["total"] = 2 });
        await second.ReplyAsync(request, McpcClientTests.Text("done"));

        await call.Completion.WaitAsync(FakeServer.Generous);
        Assert.Equal(50, call.State.PercentComplete);
    }

    [Fact]
    public async Task A_lost_task_can_be_cancelled_and_who_wants_can_take_it_up_to_tell_the_server()
    {
        var told = new List<string>();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        BackgroundTask task = await StartAsync(server);
        task.ObserveWarnings(told.Add);
        await server.BreakAsync();
        await task.UntilAsync(IsLost);

        task.Cancel();

        await task.FailureAsync(ErrorIds.Cancelled);
        Assert.Contains("may go on there", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal("t1", Assert.Single(_folder.Registry.List()).Id);
    }

    [Fact]
    public async Task A_task_that_is_cancelled_is_not_kept_where_the_server_can_be_told()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => TaskDriver2025Tests.State("working"));
        BackgroundTask task = await StartAsync(server);

        task.Cancel();

        await task.FailureAsync(ErrorIds.Cancelled);
        await server.NextAsync("tasks/cancel");
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task A_task_goes_on_only_over_a_connection_of_its_revision()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        BackgroundTask task = await StartAsync(first);
        await first.BreakAsync();
        await task.UntilAsync(IsLost);

        await using FakeServer newer = await FakeServer.StartStatelessAsync();
        _tasks.Reconnected(newer.Connection);
        Assert.True(task.State.IsDisconnected);
        Assert.Contains("-ProtocolVersion 2025-11-25", task.State.StatusMessage, StringComparison.Ordinal);
        Assert.Equal(ErrorIds.InvalidArgument, Assert.Throws<McpFailureException>(() => _tasks.Continue(task, newer.Connection)).ErrorId);
        Assert.Equal(ErrorIds.InvalidArgument, Assert.Throws<McpFailureException>(() => _tasks.Resume(newer.Connection, Assert.Single(_folder.Registry.List()))).ErrorId);

        await using FakeServer second = await FakeServer.StartAsync(Capabilities, name: "by another name");
        _tasks.Continue(task, second.Connection);
        Assert.False(task.State.IsDisconnected);
        await second.ReplyAsync(await second.NextAsync("tasks/get"), TaskDriver2025Tests.State("completed"));
        await second.ReplyAsync(await second.NextAsync("tasks/result"), McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.DoesNotContain(newer.Seen, message => ((string?)message["method"])?.StartsWith("tasks/", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_a_connection_is_seen_at_once_however_seldom_the_server_wants_to_be_asked(bool broken)
    {
        // A clock that stands still: nothing is asked because of it.
        var time = new ManualTimeProvider();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities, time: time);
        BackgroundTask task = await StartAsync(server);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), TaskDriver2025Tests.State("working", "step 1"));
        await task.UntilAsync(of => of.State.StatusMessage == "step 1");

        await LoseAsync(server, broken);

        await task.UntilAsync(of => of.State.IsDisconnected);
        task.Cancel();
    }

    [Fact]
    public async Task A_lost_task_expires_when_nobody_connects_in_time()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        BackgroundTask task = await StartAsync(server, ttl: 1500);
        await server.BreakAsync();

        await task.FailureAsync(ErrorIds.TaskExpired);
    }

    [Fact]
    public async Task A_plain_call_ends_with_its_connection()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        BackgroundTask task = await _tasks.StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Call });
        await server.NextAsync("tools/call");
        await server.BreakAsync();

        await task.FailureAsync(ErrorIds.ConnectionLost);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task A_later_session_takes_a_task_up_again()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        await StartAsync(first);
        TaskRecord record = Assert.Single(_folder.Registry.List());

        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        BackgroundTask resumed = new BackgroundTasks(_folder.Registry).Resume(second.Connection, record);
        Assert.Equal(("t1", "work", record.CreatedAt), (resumed.Id, resumed.Tool, resumed.CreatedAt));
        second.On("tasks/result", _ => McpcClientTests.Text("done"));
        await second.ReplyAsync(await second.NextAsync("tasks/get"), TaskDriver2025Tests.State("completed"));

        Assert.Equal("done", (await resumed.Completion.WaitAsync(FakeServer.Generous)).Text);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task What_a_task_taken_up_again_asks_the_handler_answers()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        await StartAsync(first);
        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        second.On("tasks/get", _ => TaskDriver2025Tests.State("input_required"));
        BackgroundTask resumed = new BackgroundTasks(_folder.Registry).Resume(
            second.Connection, Assert.Single(_folder.Registry.List()), (_, _) => Task.FromResult<InputAnswer?>(new InputAnswer("decline")));
        await second.NextAsync("tasks/result");
        await TaskDriver2025Tests.AskAsync(second, "e1");

        Assert.Equal("decline", (string?)(await second.NextAnswerAsync("e1"))["result"]!["action"]);
        resumed.Cancel();
    }

    [Fact]
    public async Task What_the_server_has_forgotten_is_not_found_and_not_kept()
    {
        await using FakeServer first = await FakeServer.StartAsync(Capabilities);
        await StartAsync(first);

        await using FakeServer second = await FakeServer.StartAsync(Capabilities);
        second.On("tasks/get", _ => FakeServer.Error(-32602, "Unknown task"));
        BackgroundTask resumed = new BackgroundTasks(_folder.Registry).Resume(second.Connection, Assert.Single(_folder.Registry.List()));

        await resumed.FailureAsync(ErrorIds.TaskNotFound);
        Assert.Empty(_folder.Registry.List());
    }

    [Fact]
    public async Task What_has_expired_there_has_expired_here()
    {
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        server.On("tasks/get", _ => FakeServer.Error(-32602, "Unknown task"));
        var record = new TaskRecord
        {
            Id = "t1",
            Kind = BackgroundKind.Task,
            ServerName = "fake",
            ServerKey = "fake",
            Tool = "work",
            CreatedAt = DateTimeOffset.UtcNow.AddHours(-2),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(-1),
            Status = BackgroundStatus.Working,
        };

        await _tasks.Resume(server.Connection, record).FailureAsync(ErrorIds.TaskExpired);
    }

    [Theory]
    [InlineData(BackgroundKind.Call)]
    [InlineData(BackgroundKind.Mcpc)]
    public async Task What_lived_on_a_connection_cannot_be_taken_up(BackgroundKind kind)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        var record = new TaskRecord { Id = "t", Kind = kind, ServerName = "fake", ServerKey = "fake", Tool = "work", CreatedAt = DateTimeOffset.UtcNow, Status = BackgroundStatus.Working };

        Assert.Equal(ErrorIds.InvalidArgument, Assert.Throws<McpFailureException>(() => _tasks.Resume(server.Connection, record)).ErrorId);
    }

    private static bool IsLost(BackgroundTask task) => task.State.StatusMessage?.Contains("connection was lost", StringComparison.Ordinal) == true;

    private static Task LoseAsync(FakeServer server, bool broken) => broken ? server.BreakAsync() : server.Connection.DisposeAsync().AsTask();

    private async Task<BackgroundTask> StartAsync(FakeServer server, double ttl = 3_600_000)
    {
        Task<BackgroundTask> starting = _tasks.StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(taskSupport: "optional"), []));
        await server.ReplyAsync(await server.NextAsync("tools/call"), new JsonObject { ["task"] = TaskDriver2025Tests.State("working", ttl: ttl) });
        return await starting.WaitAsync(FakeServer.Generous);
    }
}
