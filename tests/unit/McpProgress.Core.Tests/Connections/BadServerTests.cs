using System.Globalization;
using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Connections;

/// <summary>Every kind of bad stdio server ends in its error, in time, and leaves no process behind.</summary>
public sealed class BadServerTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_command_that_does_not_exist() =>
        await ServerConnection.ConnectAsync("none", new StdioEndpoint("no-such-command-anywhere", [])).FailureAsync(ErrorIds.ConnectionFailed);

    [Theory]
    [InlineData("3")]
    [InlineData("0")]
    public async Task A_server_that_exits_at_once_says_why(string code)
    {
        McpFailureException failure = await ServerConnection.ConnectAsync("gone", FaultyServer.Stdio("exit-at-once", code).Marked(out string mark)).FailureAsync(ErrorIds.ConnectionFailed);
        await ProcessProbe.NoneMarkedAsync(mark);
        Assert.Contains($"ended with exit code {code}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the configuration names no database", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("giving up", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers()
    {
        long started = Stopwatch.GetTimestamp();
        McpFailureException failure = await ServerConnection.ConnectAsync(
            "silent", FaultyServer.Stdio("silent").Marked(out string mark), new ConnectionOptions { ConnectTimeout = Short }).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("within 2 s", failure.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(30));
        await ProcessProbe.NoneMarkedAsync(mark);
    }

    [Fact]
    public async Task A_server_that_never_answers_and_does_not_leave()
    {
        var options = new ConnectionOptions { ConnectTimeout = Short };
        await ServerConnection.ConnectAsync("linger", FaultyServer.Stdio("linger").Marked(out string mark), options).FailureAsync(ErrorIds.ConnectionFailed);
        await ProcessProbe.NoneMarkedAsync(mark);
    }

    [Fact]
    public async Task A_server_that_takes_its_time_is_waited_for()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("slow", FaultyServer.Stdio("slow-start", "1500")).Within();
        Assert.Equal("hello", (await EchoAsync(connection)).Text);
    }

    [Fact]
    public async Task A_server_with_a_banner_works_and_its_lines_are_counted()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("banner", FaultyServer.Stdio("banner")).Within();
        Assert.Equal("hello", (await EchoAsync(connection)).Text);
        Assert.True(connection.Statistics.UnreadableLines >= 10, $"{connection.Statistics.UnreadableLines}");
    }

    [Theory]
    [InlineData("half-line", "half", "out of cheese")]
    [InlineData("die-on-call", "die", "stderr line 60")]
    public async Task A_server_that_dies_under_a_call_leaves_its_last_words(string mode, string tool, string words)
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("dying", FaultyServer.Stdio(mode)).Within();
        int process = connection.ProcessId!.Value;
        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest(tool, [])).FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains("ended with exit code 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("stderr line 10\n", failure.Message.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Lost, connection.Status);
        Assert.False(ProcessProbe.IsRunning(process));

        // Whoever comes later is told the same.
        McpFailureException later = await EchoAsync(connection).FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains(words, later.Message, StringComparison.Ordinal);
        await connection.DisposeAsync().AsTask().Within();
    }

    [Fact]
    public async Task A_server_that_is_killed_takes_what_it_had_started_with_it_before_anybody_disconnects()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("killed", FaultyServer.Stdio("grandchild")).Within();
        int child = int.Parse(connection.Instructions!["grandchild ".Length..], System.Globalization.CultureInfo.InvariantCulture);
        if (OperatingSystem.IsWindows())
        {
            return; // There is no group to end.
        }

        // The child still holds the pipe, so the connection only ends when it is gone too.
        using (Process server = Process.GetProcessById(connection.ProcessId!.Value))
        {
            server.Kill();
        }

        using (Process orphan = Process.GetProcessById(child))
        {
            orphan.Kill();
        }

        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("pid", [])).FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains("exit code", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_to_unknown_ids_are_ignored()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("unknown", FaultyServer.Stdio("unknown-id")).Within();
        Assert.Equal("hello", (await EchoAsync(connection)).Text);
        Assert.Equal("hello", (await EchoAsync(connection)).Text);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Fact]
    public async Task A_line_of_seventy_megabytes_is_skipped_and_the_answer_after_it_read()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("huge", FaultyServer.Stdio("huge-line")).Within();
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("huge", [])).Within();
        Assert.Equal("still here", result.Text);
        Assert.Equal(1, connection.Statistics.UnreadableLines);
        Assert.True(connection.Statistics.BytesIn > 70 << 20);
    }

    [Fact]
    public async Task An_answer_beyond_the_limit_is_a_protocol_error_of_its_call()
    {
        var options = new ConnectionOptions { MaximumMessageBytes = 4096 };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("big", FaultyServer.Stdio("echo"), options).Within();
        var big = new ToolCallRequest("echo", new JsonObject { ["message"] = new string('x', 5000) });
        await connection.CallToolAsync(big).FailureAsync(ErrorIds.ProtocolError);
        Assert.Equal("hello", (await EchoAsync(connection)).Text);
    }

    [Fact]
    public async Task Odd_progress_is_kept_clamped_counted_or_ignored_by_the_rules()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("odd", FaultyServer.Stdio("progress-odd")).Within();
        var observer = new RecordingObserver();
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("odd", []) { Observer = observer }).Within();
        Assert.Equal("odd done", result.Text);

        // The next answer comes after what was late.
        await EchoAsync(connection);
        Assert.Equal(
            [
                (5, null, -1, "no total"), (6, null, -1, "a total of zero"), (150, 100, 100, "more than all"), (50, 100, 50, "back again"),
                (50, 100, 50, "back again"), (60, 100, 60, null), (70, 100, 70, "\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007after"),
            ],
            observer.Updates.Select(update => ((int)update.Progress, (int?)update.Total, update.PercentComplete, update.Message)));
        Assert.Equal(7, connection.Statistics.ProgressReceived);
        Assert.Equal(4, connection.Statistics.ProgressInvalid);
        Assert.Equal(2, connection.Statistics.ProgressLate);
    }

    [Fact]
    public async Task A_tool_nobody_knows_is_a_protocol_error_of_the_server()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("echo", FaultyServer.Stdio("echo")).Within();
        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("ecko", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("Unknown tool: ecko", failure.Message, StringComparison.Ordinal);
        IReadOnlyList<ToolDescriptor> tools = await connection.GetToolsAsync().Within();
        McpFailureException notFound = Assert.Throws<McpFailureException>(() => ToolLookup.Find(connection, tools, "ecko"));
        Assert.Equal(ErrorIds.ToolNotFound, notFound.ErrorId);
        Assert.Contains("Did you mean echo?", notFound.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_tool_is_a_result_and_an_error_of_the_server_is_not()
    {
        await using ServerConnection connection = await ServerConnection.ConnectAsync("results", FaultyServer.Stdio("error-result")).Within();
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest("tool-error", [])).Within();
        Assert.True(result.IsError);
        Assert.Equal("The printer is on fire.", result.Text);
        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("rpc-error", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("The server lost its marbles.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-32050", failure.Message, StringComparison.Ordinal);
        Assert.Empty((await connection.CallToolAsync(new ToolCallRequest("nothing", [])).Within()).Content);
        Assert.Equal("hologram", (string?)(await connection.CallToolAsync(new ToolCallRequest("unknown-content", [])).Within()).Content.Single()["type"]);
    }

    [Fact]
    public async Task An_error_code_reads_the_same_in_every_culture()
    {
        // Whose minus sign is another one.
        CultureInfo.CurrentCulture = new CultureInfo("fa-IR");
        await using ServerConnection connection = await ServerConnection.ConnectAsync("results", FaultyServer.Stdio("error-result")).Within();
        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("rpc-error", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("(JSON-RPC error -32050)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"foo":1}""", false)]
    [InlineData("{}", false)]
    [InlineData("""{"content":null}""", false)]
    [InlineData("""{"content":"done"}""", false)]
    [InlineData("""{"content":[],"content":[]}""", false)]
    [InlineData("""{"content":[]}""", true)]
    [InlineData("""{"structuredContent":{"n":1}}""", true)]
    [InlineData("""{"isError":true}""", true)]
    public async Task A_result_without_content_is_none(string result, bool isResult)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        Task<ToolCallResult> call = server.Connection.CallToolAsync(new ToolCallRequest("work", []));
        JsonObject request = await server.NextAsync("tools/call");
        await server.SendAsync($$"""{"jsonrpc":"2.0","id":{{request["id"]}},"result":{{result}}}""");

        if (isResult)
        {
            await call.Within();
        }
        else
        {
            McpFailureException failure = await call.FailureAsync(ErrorIds.ProtocolError);
            Assert.Contains("'work'", failure.Message, StringComparison.Ordinal);
            Assert.Contains("neither content nor", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(ConnectionStatus.Connected, server.Connection.Status);
    }

    private static Task<ToolCallResult> EchoAsync(ServerConnection connection) =>
        connection.CallToolAsync(new ToolCallRequest("echo", new JsonObject { ["message"] = "hello" })).Within();
}
