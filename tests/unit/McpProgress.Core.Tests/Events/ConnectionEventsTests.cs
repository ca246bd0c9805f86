using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Events;

/// <summary>The events of a real connection: which there are, what caused them, what is in them and what never is.</summary>
public sealed class ConnectionEventsTests
{
    private readonly EventHub _hub = new();

    [Fact]
    public async Task A_call_is_told_of_from_its_start_to_its_result_and_each_event_has_its_cause()
    {
        ServerConnection connection = await ConnectAsync("echo");
        await connection.CallToolAsync(new ToolCallRequest("count", new JsonObject { ["n"] = 3 })).Within();
        await connection.DisposeAsync();
        await connection.Ended.Within();

        IReadOnlyList<ConnectionEvent> events = _hub.Snapshot();
        Assert.Equal(["connected", "call.started", "progress", "progress", "progress", "result", "disconnected"], events.Select(happened => happened.Name));
        Assert.Equal([0, 1, 2, 2, 2, 2, 1], events.Select(happened => happened.Parent));
        Assert.All(events, happened => Assert.Equal("faulty", happened.Server));
        Assert.Single(events.Where(happened => happened.CallId is not null).Select(happened => happened.CallId).Distinct());
        Assert.Equal(5, events.Count(happened => happened.CallId is not null));
        Assert.Equal(["step 1", "step 2", "step 3"], events.Where(happened => happened.Name == "progress").Select(happened => (string?)happened.Data["message"]));
        Assert.Equal("""{"tool":"count","isError":false,"text":"counted to 3"}""", events[5].Data.ToJsonString());
    }

    [Fact]
    public async Task The_end_has_been_told_of_when_a_connection_is_closed()
    {
        // Often, because the two could come in either order.
        for (int i = 0; i < 200; i++)
        {
            await using FakeServer server = await FakeServer.StartAsync(events: _hub);
            await server.Connection.DisposeAsync().AsTask().Within();
            Assert.Equal("disconnected", _hub.Snapshot()[^1].Name);
        }
    }

    [Fact]
    public async Task What_is_started_while_an_event_is_handled_has_it_as_its_cause()
    {
        await using ServerConnection connection = await ConnectAsync("echo");
        ConnectionEvent cause = _hub.Publish(null, "first_arg", null, null, EventCause.Current, null);
        using (EventCause.Handling(cause.Sequence))
        {
            ConnectionEvent inner = _hub.Publish(null, "inner", null, null, EventCause.Current, null);
            using (EventCause.Handling(inner.Sequence))
            {
                await Task.Run(() => EchoAsync(connection)).Within();
            }

            await EchoAsync(connection).Within();
        }

        await EchoAsync(connection).Within();

        Assert.Equal(0, EventCause.Current);
        Assert.Equal([3, 2, 1], _hub.Snapshot().Where(happened => happened.Name == "call.started").Select(happened => happened.Parent));
        EventLogLine[] lines = [.. _hub.Snapshot().Select(happened => EventLogLine.From(_hub, happened))];
        Assert.Equal(
            [("first_arg", 0), ("inner", 1), ("call.started", 2), ("result", 3), ("call.started", 1), ("result", 2)],
            EventTree.Below(_hub.IdOf(cause.Sequence), lines).Select(node => (node.Line.Name, node.Depth)));
    }

    [Theory]
    [InlineData("error-result", "tool-error", "result")]
    [InlineData("error-result", "rpc-error", "failed")]
    [InlineData("die-on-call", "die", "failed")]
    public async Task The_end_of_a_call_says_how_it_ended(string mode, string tool, string name)
    {
        await using ServerConnection connection = await ConnectAsync(mode);
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest(tool, []));
        await Task.WhenAny(call).Within();

        ConnectionEvent end = Assert.Single(_hub.Snapshot(), happened => happened.Name == name);
        Assert.Equal(tool, (string?)end.Data["tool"]);
        if (name == "result")
        {
            Assert.True((bool)end.Data["isError"]!);
        }
        else
        {
            McpFailureException failure = Assert.IsType<McpFailureException>(call.Exception?.GetBaseException());
            Assert.Equal(failure.ErrorId, (string?)end.Data["errorId"]);
        }
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled_and_not_failed()
    {
        await using ServerConnection connection = await ConnectAsync("never-result");
        using var cancelled = new CancellationTokenSource();
        using IDisposable atProgress = _hub.Subscribe((in ConnectionEvent happened) =>
        {
            if (happened.Name == "progress")
            {
                _ = cancelled.CancelAsync();
            }
        });
        await connection.CallToolAsync(new ToolCallRequest("never", []), cancelled.Token).FailureAsync(ErrorIds.Cancelled);

        Assert.Equal("McpCancelled", (string?)Assert.Single(_hub.Snapshot(), happened => happened.Name == "cancelled").Data["errorId"]);
        Assert.DoesNotContain(_hub.Snapshot(), happened => happened.Name == "failed");
    }

    [Fact]
    public async Task Neither_arguments_nor_tokens_nor_command_lines_are_in_events()
    {
        const string Hidden = "s3cr3t";
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync("echo");
        var endpoint = new HttpEndpoint(new Uri($"{server.Uri}?key={Hidden}"))
        {
            Token = new Secret(Hidden),
            Headers = new Dictionary<string, string> { ["X-Key"] = Hidden },
        };
        await using ServerConnection web = await ServerConnection.ConnectAsync("web", endpoint, new ConnectionOptions { Events = _hub }).Within();
        await using ServerConnection process = await ServerConnection.ConnectAsync(
            "process", FaultyServer.Stdio("error-result", Hidden) with { Environment = new Dictionary<string, string?> { ["KEY"] = Hidden } }, new ConnectionOptions { Events = _hub }).Within();
        await web.CallToolAsync(new ToolCallRequest("add", new JsonObject { ["a"] = 1, ["b"] = 2, ["key"] = Hidden })).Within();
        foreach (string tool in new[] { "tool-error", "rpc-error", "unknown" })
        {
            await Task.WhenAny(process.CallToolAsync(new ToolCallRequest(tool, new JsonObject { ["key"] = Hidden }))).Within();
        }

        string all = string.Join('\n', _hub.Snapshot().Select(happened => $"{happened} {happened.Data.ToJsonString()}"));
        Assert.Contains("call.started", all, StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_observer_that_throws_does_not_end_the_connection()
    {
        await using ServerConnection connection = await ConnectAsync("echo");
        int failures = 0;
        _hub.ObserverFailed += _ => Interlocked.Increment(ref failures);
        using IDisposable bad = _hub.Subscribe((in ConnectionEvent _) => throw new InvalidOperationException("bad observer"));

        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("count", new JsonObject { ["n"] = 5 })).Within();

        Assert.Equal((5, 7), (result.ProgressCount, failures));
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Fact]
    public async Task A_flood_arrives_once_and_in_order_before_its_result()
    {
        const int Count = 100_000;
        await using ServerConnection connection = await ConnectAsync("flood");
        List<double> seen = [];
        string? last = null;
        using IDisposable observer = _hub.Subscribe((in ConnectionEvent happened) =>
        {
            last = happened.Name;
            if (happened.Name == "progress")
            {
                seen.Add(happened.Progress.Progress);
            }
        });

        await connection.CallToolAsync(new ToolCallRequest("flood", new JsonObject { ["count"] = Count })).Within();

        Assert.Equal(Enumerable.Range(1, Count).Select(number => (double)number), seen);
        Assert.Equal("result", last);
        Assert.Equal(EventHub.DefaultCapacity, _hub.Snapshot().Count);
        Assert.Equal(Count + 3, _hub.LastSequence);
    }

    [Fact]
    public void What_is_too_large_is_cut_and_said()
    {
        var scope = new EventScope(_hub, "server");
        scope.Publish(EventNames.ServerEvent, new JsonObject
        {
            ["event"] = "big",
            ["text"] = new string('x', 1_000_000),
            ["result"] = new JsonArray([.. Enumerable.Range(0, 100_000).Select(number => (JsonNode)number)]),
            ["small"] = new JsonObject { ["n"] = 1 },
        });
        scope.PublishProgress(new(1, 1, 2, new string('y', 1_000_000), DateTimeOffset.UnixEpoch));

        JsonObject data = _hub.Snapshot()[0].Data;
        Assert.Equal(["event", "text", "small", "truncated"], data.Select(member => member.Key));
        Assert.Equal(EventScope.LongestText, ((string)data["text"]!).Length);
        Assert.Equal(EventScope.LongestText, ((string)_hub.Snapshot()[1].Data["message"]!).Length);
    }

    [Theory]
    [InlineData("""{"n":1,"n":2}""")]
    [InlineData("""{"inner":[{"n":1,"n":2}]}""")]
    [InlineData("""{"name":"caf\udce9"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("\"\\udce9\"")]
    public void What_cannot_be_read_is_left_out_and_said(string structured)
    {
        var result = new ToolCallResult((JsonObject)JsonNode.Parse($$"""{"content":[{"type":"text","text":"done"}],"structuredContent":{{structured}}}""")!, 0);

        new EventScope(_hub, "server").Finish("tool", result);

        Assert.Equal("""{"tool":"tool","isError":false,"text":"done","truncated":true}""", Assert.Single(_hub.Snapshot()).Data.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_result_with_a_member_twice_is_a_result_and_its_event_is_logged(bool overHttp)
    {
        const string Result = """{"content":[{"type":"text","text":"done"}],"structuredContent":{"a":1,"a":2} }""";
        string path = Path.GetTempFileName();
        var log = new EventLog(_hub, path, _ => true);
        if (overHttp)
        {
            await using var peer = new HttpPeer(modern: false);
            await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint, new ConnectionOptions { Events = _hub }).Within();
            Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("work", []));
            await (await peer.NextAsync("tools/call")).ResultAsync(Result);
            Assert.Equal("done", (await call.Within()).Text);
        }
        else
        {
            await using FakeServer server = await FakeServer.StartAsync(events: _hub);
            Task<ToolCallResult> call = server.Connection.CallToolAsync(new ToolCallRequest("work", []));
            JsonObject request = await server.NextAsync("tools/call");
            await server.SendAsync($$"""{"jsonrpc":"2.0","id":{{request["id"]}},"result":{{Result}}}""");
            Assert.Equal("done", (await call.Within()).Text);
        }

        await log.DisposeAsync();
        int unreadable = 0;
        EventLogLine logged = Assert.Single(EventLog.Read(path, _ => unreadable++), line => line.Name == EventNames.Result);
        File.Delete(path);
        Assert.Equal(("done", true, 0), ((string?)logged.Data["text"], (bool?)logged.Data["truncated"], unreadable));
    }

    [Fact]
    public async Task Every_update_of_background_work_is_an_event_also_one_that_repeats_the_last()
    {
        using var registry = new RegistryFolder();
        await using ServerConnection connection = await ConnectAsync("progress-odd");
        ToolDescriptor tool = Assert.Single(await connection.GetToolsAsync().Within(), tool => tool.Name == "odd");
        BackgroundTask task = await new BackgroundTasks(registry.Registry).StartAsync(
            connection, new BackgroundRequest(tool, []) { Kind = BackgroundKind.Call }, null, CancellationToken.None).Within();
        await task.Completion.Within();

        ConnectionEvent[] events = [.. _hub.Snapshot().Where(happened => happened.TaskId == task.Id)];
        Assert.Equal([5, 6, 150, 50, 50, 60, 70], events.Where(happened => happened.Name == "progress").Select(happened => happened.Progress.Progress));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], events.Where(happened => happened.Name == "progress").Select(happened => happened.Progress.Sequence));
        Assert.Equal(["task.created", "task.updated", "result"], events.Where(happened => happened.Name != "progress").Select(happened => happened.Name));
        Assert.Equal(events[0].Sequence, Assert.Single(events.Skip(1).Select(happened => happened.Parent).Distinct()));
    }

    private static Task<ToolCallResult> EchoAsync(ServerConnection connection) =>
        connection.CallToolAsync(new ToolCallRequest("echo", new JsonObject { ["message"] = "x" }));

    private Task<ServerConnection> ConnectAsync(params string[] mode) =>
        ServerConnection.ConnectAsync("faulty", FaultyServer.Stdio(mode), new ConnectionOptions { Events = _hub }).Within();
}
