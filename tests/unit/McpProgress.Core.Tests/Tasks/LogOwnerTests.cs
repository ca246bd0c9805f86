using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>Which work a log message belongs to, on a connection that many share.</summary>
public sealed class LogOwnerTests
{
    private readonly BackgroundTasks _tasks = new(null);

    [Fact]
    public async Task A_message_with_a_token_goes_to_its_call_alone()
    {
        await using FakeServer server = await StartServerAsync();
        (BackgroundTask one, JsonObject first) = await StartAsync(server);
        (BackgroundTask two, JsonObject second) = await StartAsync(server);
        await LogAsync(server, "of one", Token(first));
        await LogAsync(server, "of two", Token(second));
        await LogAsync(server, "of nobody", new JsonObject { ["mcpprogress/progressToken"] = 1 });
        await LogAsync(server, "of whom?", null);

        // Answers come behind them on the wire.
        await EndAsync(server, one, first);
        await EndAsync(server, two, second);

        // Heard also by who listens only afterwards.
        Assert.Equal(["of one"], Heard(one));
        Assert.Equal(["of two"], Heard(two));
    }

    [Fact]
    public async Task A_message_that_names_a_task_goes_to_that()
    {
        await using FakeServer server = await StartServerAsync("""{"tasks":{"requests":{"tools":{"call":{}}}},"logging":{}}""");
        BackgroundTask[] tasks = [await StartTaskAsync(server, "t1"), await StartTaskAsync(server, "t2")];
        await LogAsync(server, "of t2", new JsonObject { ["io.modelcontextprotocol/related-task"] = new JsonObject { ["taskId"] = "t2" } });
        await PingAsync(server);

        Assert.Empty(Heard(tasks[0]));
        Assert.Equal(["of t2"], Heard(tasks[1]));
        Assert.All(tasks, task => task.Cancel());
    }

    [Fact]
    public async Task A_message_that_names_nothing_goes_to_the_only_work_there_is()
    {
        await using FakeServer server = await StartServerAsync();
        (BackgroundTask only, JsonObject call) = await StartAsync(server);
        var heard = new List<string>();
        only.ObserveLog(message => heard.Add(message.Text));
        await LogAsync(server, "said", null);
        await EndAsync(server, only, call);
        Assert.Equal(["said"], heard);
    }

    private static async Task<FakeServer> StartServerAsync(string capabilities = "{}")
    {
        FakeServer server = await FakeServer.StartAsync(capabilities);
        server.On("logging/setLevel", _ => new JsonObject()).On("ping", _ => new JsonObject());
        server.Connection.LogReceived += message => BackgroundTasks.Log(server.Connection, message);
        return server;
    }

    private async Task<(BackgroundTask Task, JsonObject Call)> StartAsync(FakeServer server)
    {
        BackgroundTask task = await _tasks.StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(), []) { Kind = BackgroundKind.Call });
        return (task, await server.NextAsync("tools/call"));
    }

    private async Task<BackgroundTask> StartTaskAsync(FakeServer server, string id)
    {
        server.On("tasks/get", request => FakeServer.Json($$"""{"taskId":"{{request["params"]!["taskId"]}}","status":"working","ttl":null,"pollInterval":60000}"""))
            .On("tasks/cancel", _ => new JsonObject())
            .On("tools/call", _ => FakeServer.Json($$$"""{"task":{"taskId":"{{{id}}}","status":"working","ttl":null,"pollInterval":60000}}"""));
        return await _tasks.StartAsync(server.Connection, new BackgroundRequest(FakeServer.Tool(taskSupport: "optional"), []) { Kind = BackgroundKind.Task });
    }

    private static Task LogAsync(FakeServer server, string text, JsonObject? meta)
    {
        var parameters = new JsonObject { ["level"] = "info", ["data"] = text };
        if (meta is not null)
        {
            parameters["_meta"] = meta;
        }

        return server.NotifyAsync("notifications/message", parameters);
    }

    private static async Task EndAsync(FakeServer server, BackgroundTask task, JsonObject call)
    {
        await server.ReplyAsync(call, McpcClientTests.Text("done"));
        await task.Completion.WaitAsync(FakeServer.Generous);
    }

    // What was sent before the answer was taken before it.
    private static async Task PingAsync(FakeServer server) => await server.Connection.PingAsync(FakeServer.Generous);

    private static JsonObject Token(JsonObject call) => new() { ["mcpprogress/progressToken"] = call["params"]!["_meta"]!["progressToken"]!.DeepClone() };

    private static List<string> Heard(BackgroundTask task)
    {
        var heard = new List<string>();
        task.ObserveLog(message => heard.Add(message.Text));
        return heard;
    }
}
