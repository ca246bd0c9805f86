using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>Both halves of this project together: every kind of background work, over both transports.</summary>
public sealed class EndToEndTests
{
    public static TheoryData<BackgroundKind, string, bool> Ways => new()
    {
        { BackgroundKind.ExtensionTask, "2026-07-28", true },
        { BackgroundKind.ExtensionTask, "2026-07-28", false },
        { BackgroundKind.Task, "2025-11-25", true },
        { BackgroundKind.Task, "2025-11-25", false },
        { BackgroundKind.Mcpc, "2025-11-25", true },
        { BackgroundKind.Mcpc, "2025-11-25", false },
        { BackgroundKind.Mcpc, "2024-11-05", false },
        { BackgroundKind.Call, "2026-07-28", true },
        { BackgroundKind.Call, "2026-07-28", false },
        { BackgroundKind.Call, "2025-11-25", true },
        { BackgroundKind.Call, "2025-11-25", false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_tool_runs_in_the_background(BackgroundKind kind, string revision, bool overHttp)
    {
        await using var client = await ConnectAsync(revision, overHttp);
        var task = await client.StartAsync("analyze_data", """{"data_id":"d1"}""", kind);
        var result = await task.Completion.Soon();
        Assert.Equal("d1", result.StructuredContent!["data_id"]!.GetValue<string>());
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
        Assert.Equal(100, task.State.PercentComplete);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_tool_gets_an_answer(BackgroundKind kind, string revision, bool overHttp)
    {
        await using var client = await ConnectAsync(revision, overHttp);
        var asked = new TaskCompletionSource<InputRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = await client.StartAsync("book_table", """{"restaurant":"Luigi"}""", kind, (request, _) =>
        {
            asked.TrySetResult(request);
            return Task.FromResult<InputAnswer?>(new InputAnswer("accept", new Dictionary<string, object?> { ["confirm"] = true, ["guests"] = 5 }));
        });
        Assert.Contains("Luigi", (await asked.Task.Soon()).Message, StringComparison.Ordinal);
        var result = (await task.Completion.Soon()).StructuredContent!;
        Assert.True(result["booked"]!.GetValue<bool>());
        Assert.Equal(5, result["guests"]!.GetValue<int>());
        Assert.Equal("inside", result["seating"]!.GetValue<string>());
    }

    [Fact]
    public async Task Over_mcpc_of_the_newer_revision_a_tool_that_asks_says_why_it_cannot()
    {
        await using var client = await ConnectAsync("2026-07-28", overHttp: false);
        var task = await client.StartAsync("book_table", """{"restaurant":"Luigi"}""", BackgroundKind.Mcpc);
        var failure = await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.Soon());
        Assert.Equal(ErrorIds.ToolError, failure.ErrorId);
        Assert.Contains("MCPC has no way to put it over a connection of revision 2026-07-28", failure.Message, StringComparison.Ordinal);
        Assert.Contains("revision 2025-11-25", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("capability", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_failing_tool_says_why(BackgroundKind kind, string revision, bool overHttp)
    {
        await using var client = await ConnectAsync(revision, overHttp);
        var task = await client.StartAsync("fail_halfway", "{}", kind);
        string text;
        if (kind == BackgroundKind.Mcpc)
        {
            text = (await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.Soon())).Message;
        }
        else
        {
            var result = await task.Completion.Soon();
            Assert.True(result.IsError);
            text = result.Text;
        }

        Assert.Contains("Failed at step 5 of 10", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BackgroundKind.ExtensionTask, "2026-07-28")]
    [InlineData(BackgroundKind.Task, "2025-11-25")]
    [InlineData(BackgroundKind.Mcpc, "2025-11-25")]
    [InlineData(BackgroundKind.Call, "2026-07-28")]
    [InlineData(BackgroundKind.Call, "2025-11-25")]
    public async Task Cancelling_reaches_the_tool(BackgroundKind kind, string revision)
    {
        var probe = new ProbeTool();
        await using var client = await CoreClient.OverHttpAsync(TestServers.Samples(0, probe.Tool), revision);
        var task = await client.StartAsync("probe", "{}", kind);
        await probe.Started.Soon();
        task.Cancel();
        await probe.Cancelled.Soon();
        Assert.Equal(ErrorIds.Cancelled, (await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.Soon())).ErrorId);
    }

    [Theory]
    [InlineData(BackgroundKind.ExtensionTask, "2026-07-28")]
    [InlineData(BackgroundKind.Task, "2025-11-25")]
    [InlineData(BackgroundKind.Mcpc, "2025-11-25")]
    public async Task Two_hundred_at_once_all_complete(BackgroundKind kind, string revision)
    {
        await using var client = await CoreClient.OverHttpAsync(TestServers.Samples(), revision);
        var tasks = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.StartAsync("analyze_data", $$"""{"data_id":"d{{i}}"}""", kind)));
        var results = await Task.WhenAll(tasks.Select(task => task.Completion)).Soon();
        Assert.Equal(
            Enumerable.Range(0, 200).Select(i => $"d{i}"), results.Select(result => result.StructuredContent!["data_id"]!.GetValue<string>()));
    }

    private static Task<CoreClient> ConnectAsync(string revision, bool overHttp) => overHttp
        ? CoreClient.OverHttpAsync(TestServers.Samples(), revision)
        : CoreClient.OverStdioAsync(revision, "--speed", "1000", "--progress-rate", "0");
}
