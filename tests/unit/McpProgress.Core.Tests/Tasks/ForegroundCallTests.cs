using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Mcpc;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>A call whose tool runs as a task only is, to who waits for it, a call like any other.</summary>
public sealed class ForegroundCallTests
{
    private const string Capabilities = """{"tasks":{"requests":{"tools":{"call":{}}}}}""";

    [Fact]
    public async Task Its_progress_is_what_the_server_reports_no_more_and_no_less()
    {
        var observer = new RecordingObserver();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities);
        Task<ToolCallResult> call = ForegroundCall.RunAsync(server.Connection, FakeServer.Tool(taskSupport: "required"), new ToolCallRequest("work", []) { Observer = observer }, default);
        JsonObject request = await server.NextAsync("tools/call");
        await server.ReplyAsync(request, new JsonObject { ["task"] = TaskDriver2025Tests.State("working") });
        await server.ReplyAsync(await server.NextAsync("tasks/get"), TaskDriver2025Tests.State("working"));
        foreach (int progress in new[] { 3, 3, 4 })
        {
            await server.NotifyAsync("notifications/progress", new JsonObject
            {
                ["progressToken"] = request["params"]!["_meta"]!["progressToken"]!.DeepClone(), ["progress"] = progress, ["total"] = 4,
            });
        }

        await observer.ReachedAsync(3);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), TaskDriver2025Tests.State("completed"));
        await server.ReplyAsync(await server.NextAsync("tasks/result"), McpcClientTests.Text("done"));

        Assert.Equal("done", (await call.Within()).Text);
        Assert.Equal([(1L, 3d), (2L, 3d), (3L, 4d)], observer.Updates.Select(update => (update.Sequence, update.Progress)));
    }

    [Fact]
    public async Task It_ends_when_the_task_is_silent_for_too_long_and_the_server_is_told()
    {
        var time = new ManualTimeProvider();
        await using FakeServer server = await FakeServer.StartAsync(Capabilities, time: time);
        server.On("tools/call", _ => new JsonObject { ["task"] = TaskDriver2025Tests.State("working") });
        Task<ToolCallResult> call = ForegroundCall.RunAsync(
            server.Connection, FakeServer.Tool(taskSupport: "required"), new ToolCallRequest("work", []) { IdleTimeout = TimeSpan.FromSeconds(5) }, default);
        await server.NextAsync("tasks/get");

        time.Advance(TimeSpan.FromSeconds(6));

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => call.Within());
        Assert.Equal(ErrorIds.IdleTimeout, failure.ErrorId);
        await server.NextAsync("tasks/cancel");
    }

    [Fact]
    public async Task A_server_of_2026_that_wants_a_task_gets_one()
    {
        var observer = new RecordingObserver();
        await using FakeServer server = await FakeServer.StartStatelessAsync();
        Task<ToolCallResult> call = ForegroundCall.RunAsync(server.Connection, FakeServer.Tool(), new ToolCallRequest("work", []) { Observer = observer }, default);
        await server.RefuseAsync(await server.NextAsync("tools/call"), -32021, "declare tasks");
        JsonObject created = ExtensionTaskDriverTests.State("working");
        created["resultType"] = "task";
        await server.ReplyAsync(await server.NextAsync("tools/call"), created);
        JsonNode progress = FakeServer.Json("""{"mcpprogress/progress":{"progress":1,"total":4}}""");
        await server.ReplyAsync(await server.NextAsync("tasks/get"), ExtensionTaskDriverTests.State("working", ("_meta", progress)));
        await observer.ReachedAsync(1);
        await server.ReplyAsync(await server.NextAsync("tasks/get"), ExtensionTaskDriverTests.State("completed", ("result", McpcClientTests.Text("done"))));

        Assert.Equal("done", (await call.Within()).Text);
        Assert.Equal(25, Assert.Single(observer.Updates).PercentComplete);
    }
}
