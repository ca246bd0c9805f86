using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>What becomes of work nobody can wait for any more.</summary>
public sealed class EndOfWorkTests
{
    [Fact]
    public async Task A_server_that_is_stopped_fails_its_tasks_and_says_so()
    {
        var probe = new ProbeTool();
        var store = new MemoryTaskStore();
        string id;
        await using (var client = await RawStdioClient.InitializedAsync(Served(probe.Tool, store, TimeProvider.System)))
        {
            var created = await client.RequestAsync(1, "tools/call", """{"name":"probe","arguments":{},"task":{}}""");
            id = created["task"]!["taskId"]!.GetValue<string>();
            await probe.Started.Soon();
        }

        await probe.Cancelled.Soon();
        var record = await store.FindAsync(id);
        Assert.Equal(TaskState.Failed, record!.State);
        Assert.StartsWith("The server was stopped while the task ran", record.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_tools_own_words_are_the_status_message()
    {
        var store = new MemoryTaskStore();
        var failing = new ServerTool
        {
            Name = "failing",
            InputSchema = SampleTools.Schema("""{"type":"object"}"""),
            Body = (_, _) => throw new ToolException("The disk is full."),
        };
        await using var client = await RawStdioClient.InitializedAsync(Served(failing, store, TimeProvider.System));
        var created = await client.RequestAsync(1, "tools/call", """{"name":"failing","arguments":{},"task":{}}""");
        var named = $$"""{"taskId":"{{created["task"]!["taskId"]!.GetValue<string>()}}"}""";
        await client.RequestAsync(2, "tasks/result", named);
        Assert.Equal("The disk is full.", (await client.RequestAsync(3, "tasks/get", named))["statusMessage"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_call_whose_answer_never_comes_is_cancelled()
    {
        var time = new ManualTimeProvider();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = new ServerTool
        {
            Name = "asking",
            InputSchema = SampleTools.Schema("""{"type":"object"}"""),
            Body = async (_, context) =>
            {
                context.CancellationToken.Register(() => cancelled.TrySetResult());
                await context.AskAsync(new ElicitationRequest("Well?", SampleTools.Schema("""{"type":"object","properties":{}}""")));
                return ToolResult.FromText("answered");
            },
        };
        await using var client = new RawStdioClient(Served(asking, new MemoryTaskStore(), time));
        var asked = await client.RequestAsync(
            1,
            "tools/call",
            """{"name":"asking","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}""");
        Assert.Equal("input_required", asked["resultType"]!.GetValue<string>());
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(cancelled.Task.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        await cancelled.Task.Soon();
    }

    [Theory]
    [InlineData(80, "1")]
    [InlineData(2, "\"\\ud800\"")]
    public async Task A_task_whose_result_cannot_be_sent_fails_and_holds_up_nobody(int depth, string innermost)
    {
        await using var client = await RawStdioClient.InitializedAsync(Served(TestServers.Deep(depth, innermost), new MemoryTaskStore(), TimeProvider.System));
        var created = await client.RequestAsync(1, "tools/call", """{"name":"deep","arguments":{},"task":{}}""");
        var named = $$"""{"taskId":"{{created["task"]!["taskId"]!.GetValue<string>()}}"}""";
        Assert.StartsWith("The result of the tool 'deep' cannot be sent", (await client.RequestAsync(2, "tasks/result", named))["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("failed", (await client.RequestAsync(3, "tasks/get", named))["status"]!.GetValue<string>());
        Assert.Equal(-32602, (await client.RequestAsync(4, "tasks/cancel", named))["code"]!.GetValue<int>());
        await client.CloseInputAsync();
        await client.Server.Soon();
    }

    [Fact]
    public async Task A_result_of_any_depth_is_answered_in_every_form()
    {
        const string Modern = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}""";
        for (var depth = 58; depth < 68; depth++)
        {
            await using var client = await RawStdioClient.InitializedAsync(Served(TestServers.Deep(depth), new MemoryTaskStore(), TimeProvider.System));
            Assert.NotNull(await client.RequestAsync(1, "tools/call", """{"name":"deep","arguments":{}}"""));
            var created = await client.RequestAsync(2, "tools/call", """{"name":"deep","arguments":{},"task":{}}""");
            var named = $"\"taskId\":\"{created["task"]!["taskId"]!.GetValue<string>()}\"";
            Assert.NotNull(await client.RequestAsync(3, "tasks/result", $"{{{named}}}"));
            Assert.NotNull(await client.RequestAsync(4, "tasks/get", $"{{{named},\"_meta\":{Modern}}}"));
        }
    }

    [Fact]
    public async Task A_store_that_cannot_say_at_first_what_an_earlier_server_left_is_asked_again()
    {
        var store = new StumblingStore();
        await store.SaveAsync(new TaskRecord
        {
            Id = "left", Tool = "probe", CreatedAt = DateTimeOffset.UtcNow, UpdatedAt = DateTimeOffset.UtcNow, ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        });
        await using var client = await RawStdioClient.InitializedAsync(Served(new ProbeTool().Tool, store, TimeProvider.System));
        const string Call = """{"name":"probe","arguments":{},"task":{}}""";
        Assert.NotNull((await client.RequestAsync(1, "tools/call", Call))["code"]);
        Assert.NotNull((await client.RequestAsync(2, "tools/call", Call))["task"]);
        Assert.Equal("failed", (await client.RequestAsync(3, "tasks/get", """{"taskId":"left"}"""))["status"]!.GetValue<string>());
    }

    private static ToolServerOptions Served(ServerTool tool, ITaskStore store, TimeProvider time) => new()
    {
        Tools = new ToolSet([tool]),
        Tasks = new TaskOptions { Store = store },
        TimeProvider = time,
    };

    /// <summary>A store that is busy once.</summary>
    private sealed class StumblingStore : ITaskStore
    {
        private readonly MemoryTaskStore _inner = new();
        private bool _stumbled;

        public Task SaveAsync(TaskRecord record) => _inner.SaveAsync(record);

        public Task<TaskRecord?> FindAsync(string id) => _inner.FindAsync(id);

        public Task<TaskPage> ListAsync(string? cursor, int count) => _inner.ListAsync(cursor, count);

        public Task<IReadOnlyList<TaskRecord>> ListUnfinishedAsync() =>
            _stumbled || !(_stumbled = true) ? _inner.ListUnfinishedAsync() : throw new IOException("The disk is busy.");

        public Task PruneAsync(DateTimeOffset now, int keep) => _inner.PruneAsync(now, keep);
    }
}
