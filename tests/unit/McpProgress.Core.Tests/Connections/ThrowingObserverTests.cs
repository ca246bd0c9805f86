using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Progress;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Connections;

/// <summary>An observer that throws is reported. It neither ends the connection nor keeps another one from being told.</summary>
public sealed class ThrowingObserverTests
{
    private readonly EventHub _events = new();
    private readonly List<string> _reported = [];

    public ThrowingObserverTests() => _events.ObserverFailed += exception => _reported.Add(exception.Message);

    [Fact]
    public async Task Of_progress()
    {
        await using FakeServer server = await FakeServer.StartAsync(events: _events);
        var published = new List<double>();
        using IDisposable subscription = _events.Subscribe((in ConnectionEvent happened) =>
        {
            if (happened.Name == EventNames.Progress)
            {
                published.Add(happened.Progress.Progress);
            }
        });
        Task<ToolCallResult> call = server.Connection.CallToolAsync(new ToolCallRequest("work", []) { Observer = new ThrowingObserver() });
        JsonObject request = await server.NextAsync("tools/call");
        for (int i = 1; i <= 2; i++)
        {
            await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = request["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = i });
        }

        await server.ReplyAsync(request, McpcClientTests.Text("done"));

        Assert.Equal(2, (await call.Within()).ProgressCount);
        Assert.Equal([1.0, 2.0], published);
        Assert.Equal(["progress", "progress"], _reported);
    }

    [Fact]
    public async Task Of_log_messages()
    {
        await using FakeServer server = await FakeServer.StartAsync(events: _events);
        var heard = new List<string>();
        server.Connection.LogReceived += _ => throw new InvalidOperationException("log");
        server.Connection.LogReceived += message => heard.Add(message.Text);

        await server.NotifyAsync("notifications/message", new JsonObject { ["level"] = "info", ["data"] = "one" });
        await McpcClientTests.PingAsync(server);

        Assert.Equal(["one"], heard);
        Assert.Equal(["log"], _reported);
        Assert.Contains(_events.Snapshot(), happened => happened.Name == EventNames.Log);
    }

    [Fact]
    public async Task Of_MCPC_messages()
    {
        await using FakeServer server = await FakeServer.StartAsync(events: _events);
        McpcClient client = server.Connection.Mcpc;
        var heard = new List<string>();
        client.Listen("t", _ => throw new InvalidOperationException("listener"));
        client.MessageReceived += _ => throw new InvalidOperationException("handler");
        client.MessageReceived += message => heard.Add(message.Event);

        await server.SendAsync(McpcClientTests.Callback(McpcMessage.Create("update", "work", client.SessionId, "t")));
        await server.SendAsync(McpcClientTests.Callback(McpcMessage.CreateServerEvent("over", client.SessionId)));
        await McpcClientTests.PingAsync(server);

        Assert.Equal(["update", "over"], heard);
        Assert.Equal(["listener", "handler", "handler"], _reported);
        Assert.Contains(_events.Snapshot(), happened => happened.Name == EventNames.ServerEvent);
    }

    [Fact]
    public async Task Of_background_work()
    {
        await using FakeServer server = await FakeServer.StartAsync(events: _events);
        var request = new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Call };
        BackgroundTask task = await new BackgroundTasks(null).StartAsync(server.Connection, request, _ => throw new InvalidOperationException("changed"));
        JsonObject call = await server.NextAsync("tools/call");
        await server.NotifyAsync("notifications/progress", new JsonObject { ["progressToken"] = call["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = 1 });
        await server.ReplyAsync(call, McpcClientTests.Text("done"));

        Assert.Equal("done", (await task.Completion.Within()).Text);
        Assert.NotEmpty(_reported);
        Assert.All(_reported, message => Assert.Equal("changed", message));
    }

    private sealed class ThrowingObserver : IProgressObserver
    {
        public void OnProgress(in ProgressUpdate update) => throw new InvalidOperationException("progress");
    }
}
