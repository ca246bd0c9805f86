using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Connections;

/// <summary>Connections to servers that behave, in both eras, and how they end.</summary>
public sealed class StdioConnectionTests
{
    public static readonly TheoryData<string> Eras = ["2025-11-25", "2026-07-28"];

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Connecting_finds_out_who_the_server_is_and_what_it_speaks(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "echo");
        Assert.Equal(era, connection.ProtocolVersion);
        Assert.Equal("FaultyServer", connection.ServerName);
        Assert.Equal("1.0.0", connection.ServerVersion);
        Assert.True((bool)connection.Capabilities["tools"]!["listChanged"]!);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
        Assert.True(ProcessProbe.IsRunning(connection.ProcessId!.Value));
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Closing_ends_the_process(string era)
    {
        ServerConnection connection = await ConnectAsync(era, "echo");
        int process = connection.ProcessId!.Value;
        Task first = connection.DisposeAsync().AsTask();
        Task second = connection.DisposeAsync().AsTask();
        await second.Within();
        Assert.False(ProcessProbe.IsRunning(process));
        await first.Within();
        Assert.Equal(ConnectionStatus.Closed, connection.Status);
        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("echo", [])).FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains("was closed", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Tools_come_from_all_pages_and_again_when_they_have_changed(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "echo");
        Assert.Equal(["echo", "add", "grow", "count"], (await connection.GetToolsAsync().Within()).Select(tool => tool.Name));
        if (era == "2026-07-28")
        {
            return; // There the change comes over a subscription, which nobody waits for.
        }

        await connection.CallToolAsync(new ToolCallRequest("grow", [])).Within();

        // The next answer comes after the notification on the wire.
        await connection.PingAsync(Limits.Generous).Within();
        Assert.Equal(["echo", "add", "grow", "count", "grown-1"], (await connection.GetToolsAsync().Within()).Select(tool => tool.Name));
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_call_gets_its_progress_in_order_and_then_its_result(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "echo");
        var observer = new RecordingObserver();
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("count", new JsonObject { ["n"] = 5 }) { Observer = observer }).Within();
        Assert.Equal("counted to 5", result.Text);
        Assert.False(result.IsError);
        Assert.Equal(5, result.ProgressCount);
        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => (i, (double)i, (double?)5, $"step {i}")),
            observer.Updates.Select(update => ((int)update.Sequence, update.Progress, update.Total, update.Message!)));
        Assert.Equal(0, connection.CallsInFlight);
    }

    [Fact]
    public async Task The_same_request_can_be_sent_again_and_at_the_same_time()
    {
        await using ServerConnection connection = await ConnectAsync("2025-11-25", "echo");
        var call = new ToolCallRequest("echo", new JsonObject { ["message"] = "again" });
        ToolCallResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => connection.CallToolAsync(call))).Within();
        Assert.All(results, result => Assert.Equal("again", result.Text));
        Assert.Equal(0, connection.CallsInFlight);
    }

    [Fact]
    public async Task Calls_in_flight_keep_their_progress_apart()
    {
        await using ServerConnection connection = await ConnectAsync("2025-11-25", "echo");
        await Task.WhenAll(Enumerable.Range(1, 30).Select(async n =>
        {
            var observer = new RecordingObserver();
            await connection.CallToolAsync(new ToolCallRequest("count", new JsonObject { ["n"] = n }) { Observer = observer });
            Assert.Equal(Enumerable.Range(1, n).Select(i => (double)i), observer.Updates.Select(update => update.Progress));
        })).Within();
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_hundred_thousand_updates_are_all_applied_in_order_and_none_after_the_result(string era)
    {
        const int Count = 100_000;
        await using ServerConnection connection = await ConnectAsync(era, "flood");
        var observer = new RecordingObserver();
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("flood", new JsonObject { ["count"] = Count }) { Observer = observer }).Within();
        Assert.Equal(Count, result.ProgressCount);
        Assert.Equal(Count, (int)result.StructuredContent!["count"]!);
        Assert.Equal(Enumerable.Range(1, Count).Select(i => (double)i), observer.Updates.Select(update => update.Progress));
        Assert.Equal($"item {Count}", observer.Updates[^1].Message);
        Assert.Equal(Count, connection.Statistics.ProgressReceived);
        Assert.Equal(0, connection.Statistics.ProgressLate);
        Assert.Equal(0, connection.Statistics.ProgressInvalid);
        Assert.Equal(0, connection.Statistics.UnreadableLines);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_ping_is_answered(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "echo");
        Assert.True(await connection.PingAsync(Limits.Generous).Within() > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_revision_can_be_insisted_on()
    {
        var options = new ConnectionOptions { ProtocolVersion = "2026-07-28" };
        McpFailureException failure = await ServerConnection.ConnectAsync("old", FaultyServer.Stdio("echo"), options).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("does not agree to revision 2026-07-28, which -ProtocolVersion asks for", failure.Message, StringComparison.Ordinal);
        await using ServerConnection connection = await ServerConnection.ConnectAsync(
            "old", FaultyServer.Stdio("echo"), new ConnectionOptions { ProtocolVersion = "2025-11-25" }).Within();
        Assert.Equal("2025-11-25", connection.ProtocolVersion);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Cancelling_returns_at_once_and_the_server_is_told_once_which_call_it_was(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "never-result");
        var observer = new RecordingObserver();
        using var cancel = new CancellationTokenSource();
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("never", []) { Observer = observer }, cancel.Token);
        await observer.ReachedAsync(3);
        await cancel.CancelAsync();
        McpFailureException failure = await call.FailureAsync(ErrorIds.Cancelled);
        Assert.Equal("The call of 'never' was cancelled.", failure.Message);
        Assert.Equal(0, connection.CallsInFlight);
        int applied = observer.Updates.Count;

        // The connection stands, the server goes on sending, and nothing of it reaches the ended call.
        Assert.Single(await CancelledIdsAsync(connection));
        Assert.Equal(applied, observer.Updates.Count);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Many_calls_are_cancelled_each_by_its_own_id(string era)
    {
        await using ServerConnection connection = await ConnectAsync(era, "no-progress");
        using var cancel = new CancellationTokenSource();
        Task<ToolCallResult>[] calls = [.. Enumerable.Range(0, 25).Select(_ => connection.CallToolAsync(new ToolCallRequest("never", []), cancel.Token))];
        await connection.GetToolsAsync().Within();
        await cancel.CancelAsync();
        foreach (Task<ToolCallResult> call in calls)
        {
            await call.FailureAsync(ErrorIds.Cancelled);
        }

        string[] ids = await CancelledIdsAsync(connection, 25);
        Assert.Equal(25, ids.Distinct().Count());
    }

    [Fact]
    public async Task Silence_beyond_the_idle_timeout_ends_the_call_on_the_wire_too()
    {
        var time = new ManualTimeProvider();
        var options = new ConnectionOptions { Time = time, IdleTimeout = TimeSpan.FromSeconds(10) };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("idle", FaultyServer.Stdio("no-progress"), options).Within();
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("never", []));
        await connection.GetToolsAsync().Within();
        time.Advance(TimeSpan.FromSeconds(10));
        McpFailureException failure = await call.FailureAsync(ErrorIds.IdleTimeout);
        Assert.Contains("neither progress nor a result for 10 s", failure.Message, StringComparison.Ordinal);
        Assert.Single(await CancelledIdsAsync(connection));
    }

    [Fact]
    public async Task The_cap_ends_a_call_that_keeps_sending_progress()
    {
        var time = new ManualTimeProvider();
        await using ServerConnection connection = await ServerConnection.ConnectAsync("cap", FaultyServer.Stdio("never-result"), new ConnectionOptions { Time = time }).Within();
        var observer = new RecordingObserver();
        Task<ToolCallResult> call = connection.CallToolAsync(
            new ToolCallRequest("never", []) { Observer = observer, IdleTimeout = TimeSpan.FromSeconds(4), Timeout = TimeSpan.FromSeconds(9) });
        for (int second = 1; second <= 9; second++)
        {
            Assert.False(call.IsCompleted);
            await observer.ReachedAsync(observer.Updates.Count + 1);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        McpFailureException failure = await call.FailureAsync(ErrorIds.Timeout);
        Assert.Contains("longer than 9 s", failure.Message, StringComparison.Ordinal);
        Assert.Single(await CancelledIdsAsync(connection));
    }

    [Fact]
    public async Task A_caller_that_has_cancelled_before_sends_nothing()
    {
        await using ServerConnection connection = await ConnectAsync("2025-11-25", "no-progress");
        await connection.CallToolAsync(new ToolCallRequest("never", []), new CancellationToken(canceled: true)).FailureAsync(ErrorIds.Cancelled);
        Assert.Equal(0, connection.CallsInFlight);
        await connection.PingAsync(Limits.Generous).Within();
    }

    [Fact]
    public async Task Closing_ends_the_calls_in_flight()
    {
        ServerConnection connection = await ConnectAsync("2025-11-25", "no-progress");
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("never", []));
        await connection.DisposeAsync().AsTask().Within();
        McpFailureException failure = await call.FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains("was closed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Closing_ends_what_the_server_has_started()
    {
        ServerConnection connection = await ConnectAsync("2025-11-25", "grandchild");
        int child = int.Parse(connection.Instructions!["grandchild ".Length..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(ProcessProbe.IsRunning(child));
        await connection.DisposeAsync().AsTask().Within();
        await ProcessProbe.GoneAsync(child);
    }

    [Fact]
    public async Task Giving_up_while_connecting_leaves_no_process()
    {
        using var cancel = new CancellationTokenSource();
        Task<ServerConnection> connecting = ServerConnection.ConnectAsync("silent", FaultyServer.Stdio("silent").Marked(out string mark), null, cancel.Token);
        await cancel.CancelAsync();
        await connecting.FailureAsync(ErrorIds.Cancelled);
        await ProcessProbe.NoneMarkedAsync(mark);
    }

    private static Task<ServerConnection> ConnectAsync(string era, params string[] arguments) => ServerConnection.ConnectAsync(
        "test", era == "2025-11-25" ? FaultyServer.Stdio(arguments) : FaultyServer.Modern(arguments)).Within();

    /// <summary>The ids the server was told are over. Asks until the expected number has come: telling is not waited for by the caller.</summary>
    private static async Task<string[]> CancelledIdsAsync(ServerConnection connection, int expected = 1)
    {
        while (true)
        {
            ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("cancelled", [])).Within();
            string[] ids = [.. result.StructuredContent!["ids"]!.AsArray().Select(id => id!.ToJsonString())];
            if (ids.Length >= expected)
            {
                return ids;
            }
        }
    }
}
