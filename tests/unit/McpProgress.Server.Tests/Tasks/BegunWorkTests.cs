using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>What a tool begins before its call becomes a task: it goes on with the task, or ends.</summary>
public sealed class BegunWorkTests
{
    private const string Plain = """{"elicitation":{}}""";
    private const string Tasks = """{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}""";

    [Theory]
    [InlineData(Plain, "complete")]
    [InlineData(Tasks, "task")]
    public async Task It_reaches_the_body_and_ends_with_it(string capabilities, string becomes)
    {
        var tool = new BeginningTool();
        await using var client = new RawStdioClient(Served(tool, new TaskOptions()));
        tool.Prepared.SetResult();
        tool.Done.SetResult();
        Assert.Equal(becomes, (await CallAsync(client, 1, capabilities))["resultType"]!.GetValue<string>());
        await tool.Ended.Soon();
        Assert.True(tool.WentOn);
    }

    [Fact]
    public async Task It_ends_when_the_call_cannot_become_a_task()
    {
        var tool = new BeginningTool();
        await using var client = new RawStdioClient(Served(tool, new TaskOptions { MaxRunning = 0 }));
        tool.Prepared.SetResult();
        Assert.StartsWith("Too many tasks", (await CallAsync(client, 1, Tasks))["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await tool.Ended.Soon();
        Assert.False(tool.WentOn);
    }

    [Fact]
    public async Task It_ends_when_the_client_cannot_be_told_of_the_task()
    {
        var tool = new BeginningTool();
        var store = new SlowStore();
        await using var client = new RawStdioClient(Served(tool, new TaskOptions { Store = store }));
        tool.Prepared.SetResult();
        await SendAsync(client, 1, Tasks);
        await store.Saving.Soon();
        await client.StopAsync().Soon();
        store.Go.SetResult();
        await tool.Ended.Soon();
        Assert.False(tool.WentOn);
    }

    [Fact]
    public async Task It_ends_when_the_call_was_cancelled_meanwhile()
    {
        var tool = new BeginningTool();
        await using var client = new RawStdioClient(Served(tool, new TaskOptions()));
        await SendAsync(client, 1, Tasks);
        await tool.Started.Soon();
        await client.SendAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""");
        await tool.Cancelled.Soon();
        tool.Prepared.SetResult();
        await tool.Ended.Soon();
        Assert.False(tool.WentOn);
    }

    [Fact]
    public async Task It_ends_when_the_client_does_not_come_back_with_its_answer()
    {
        var tool = new BeginningTool { Asks = true };
        await using (var client = new RawStdioClient(Served(tool, new TaskOptions())))
        {
            Assert.Equal("input_required", (await CallAsync(client, 1, Tasks))["resultType"]!.GetValue<string>());
            tool.Prepared.SetResult();
        }

        await tool.Ended.Soon();
        Assert.False(tool.WentOn);
    }

    private static ToolServerOptions Served(BeginningTool tool, TaskOptions tasks) => new() { Tools = new ToolSet([tool.Tool]), Tasks = tasks };

    private static Task SendAsync(RawStdioClient client, int id, string capabilities)
    {
        var meta = $$"""{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{capabilities}}}""";
        return client.CallAsync(id, "beginning", "{}", meta);
    }

    private static async Task<JsonNode> CallAsync(RawStdioClient client, int id, string capabilities)
    {
        await SendAsync(client, id, capabilities);
        var answer = (await client.ReadUntilAnswerAsync(id))[^1];
        return answer["result"] ?? answer["error"]!;
    }

    /// <summary>A tool whose preparation leaves something to its body, when it is told to.</summary>
    private sealed class BeginningTool : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BeginningTool() => Tool = new ServerTool
        {
            Name = "beginning",
            InputSchema = SampleTools.Schema("""{"type":"object"}"""),
            Prepare = async (_, context) =>
            {
                context.CancellationToken.Register(_cancelled.SetResult);
                var asking = Asks ? context.AskAsync(new ElicitationRequest("Well?", SampleTools.Schema("""{"type":"object","properties":{}}"""))) : null;
                _started.SetResult();
                await Prepared.Task;
                return new ToolArguments(null) { Begun = this };
            },
            Body = async (arguments, _) =>
            {
                WentOn = arguments.Begun == this && !_ended.Task.IsCompleted;
                await Done.Task;
                return ToolResult.FromText("done");
            },
        };

        public ServerTool Tool { get; }

        public bool Asks { get; init; }

        public bool WentOn { get; private set; }

        public TaskCompletionSource Prepared { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public Task Cancelled => _cancelled.Task;

        public Task Ended => _ended.Task;

        // Once, or it throws.
        public void Dispose() => _ended.SetResult();
    }

    /// <summary>A store that takes its time over the first state of a task.</summary>
    private sealed class SlowStore : ITaskStore
    {
        private readonly MemoryTaskStore _inner = new();
        private readonly TaskCompletionSource _saving = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Saving => _saving.Task;

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task SaveAsync(TaskRecord record)
        {
            _saving.TrySetResult();
            await Go.Task;
            await _inner.SaveAsync(record);
        }

        public Task<TaskRecord?> FindAsync(string id) => _inner.FindAsync(id);

        public Task<TaskPage> ListAsync(string? cursor, int count) => _inner.ListAsync(cursor, count);

        public Task<IReadOnlyList<TaskRecord>> ListUnfinishedAsync() => _inner.ListUnfinishedAsync();

        public Task PruneAsync(DateTimeOffset now, int keep) => _inner.PruneAsync(now, keep);
    }
}
