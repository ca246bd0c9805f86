using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Stdio;

public sealed class StdioToolServerTests
{
    private const string Modern = "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}";

    [Theory]
    [InlineData("0")]
    [InlineData("42")]
    [InlineData("\"tok\"")]
    [InlineData("\"0\"")]
    public async Task Progress_echoes_the_token_with_its_type_and_comes_before_the_result(string token)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.CallAsync(1, "process_items", """{"items":["a","b"]}""", $"{{\"progressToken\":{token}}}");
        var messages = await client.ReadUntilAnswerAsync(1);

        Assert.Equal(4, messages.Count);
        Assert.All(messages.SkipLast(1), message => Assert.Equal(token, message["params"]!["progressToken"]!.ToJsonString()));
        Assert.Equal(["processing a", "processing b", "done"], messages.SkipLast(1).Select(message => message["params"]!["message"]!.GetValue<string>()));
        Assert.Equal(2, messages[^1]["result"]!["structuredContent"]!["processed"]!.GetValue<int>());
    }

    [Fact]
    public async Task Without_a_token_there_is_no_progress()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.CallAsync(1, "process_items", """{"items":["a","b"]}""");
        Assert.Single(await client.ReadUntilAnswerAsync(1));
    }

    [Fact]
    public async Task A_flood_at_the_default_rate_sends_the_first_few_between_and_the_last()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(progressRate: 20));
        await client.CallAsync(1, "flood", """{"count":10000}""", """{"progressToken":1}""");
        var values = (await client.ReadUntilAnswerAsync(1)).SkipLast(1).Select(message => message["params"]!["progress"]!.GetValue<int>()).ToArray();
        Assert.Equal(1, values[0]);
        Assert.Equal(10000, values[^1]);
        Assert.True(values.Length < 1000, $"{values.Length} were sent");
        Assert.Equal(values.Order(), values);
    }

    [Fact]
    public async Task A_flood_without_a_rate_sends_every_one_in_order()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.CallAsync(1, "flood", """{"count":20000}""", """{"progressToken":1}""");
        var values = (await client.ReadUntilAnswerAsync(1)).SkipLast(1).Select(message => message["params"]!["progress"]!.GetValue<int>());
        Assert.Equal(Enumerable.Range(1, 20000), values);
    }

    [Theory]
    [InlineData("nope", "{}", -32602)]
    [InlineData("", "{}", -32602)]
    public async Task An_unknown_tool_is_a_protocol_error(string tool, string arguments, int code)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.CallAsync(1, tool, arguments);
        var answer = Assert.Single(await client.ReadUntilAnswerAsync(1));
        Assert.Equal(code, answer["error"]!["code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("""{"text":"\ud800"}""")]
    [InlineData("""{"text":"x","\udc00":1}""")]
    [InlineData("""{"text":{"a":[{"\ud800":1}]}}""")]
    public async Task Half_a_character_in_an_argument_is_a_protocol_error_however_the_tool_is_called(string arguments)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        string[] calls =
        [
            Call("echo", arguments, "{}"),
            Call("analyze_data", arguments, "{}", ",\"task\":{}"),
            Call("analyze_data", $$"""{"mcpc_params":{"session_id":"s","task_id":"t"},{{arguments[1..]}}""", "{}"),
            Call("echo", arguments, $"{{{Modern}}}"),
        ];
        foreach (var call in calls)
        {
            Assert.Equal($"{call} -32602", $"{call} {(await client.RequestAsync(1, "tools/call", call))["code"]}");
        }

        // Nothing was begun: there is no task, and the id is free.
        Assert.Empty((await client.RequestAsync(2, "tasks/list", "{}"))["tasks"]!.AsArray());
        var created = await client.RequestAsync(3, "tools/call", """{"name":"analyze_data","arguments":{"data_id":"d","mcpc_params":{"session_id":"s","task_id":"t"}}}""");
        Assert.Contains("created", created.ToJsonString(), StringComparison.Ordinal);

        static string Call(string tool, string arguments, string meta, string more = "") =>
            $$"""{"name":"{{tool}}","arguments":{{arguments}},"_meta":{{meta}}{{more}} }""";
    }

    [Fact]
    public async Task Unreadable_lines_are_skipped_and_answered_where_somebody_waits()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.SendAsync("not JSON");
        await client.SendAsync("");
        await client.SendAsync("[1,2]");
        await client.SendAsync("""{"jsonrpc":"2.0","id":5,"method":{}}""");
        Assert.Equal("""{"id":5,"code":-32600}""", Brief(await client.ReadAsync()));
        await client.CallAsync(6, "echo", """{"text":"still here"}""");
        Assert.Equal("still here", (await client.ReadAsync())["result"]!["content"]![0]!["text"]!.GetValue<string>());

        static string Brief(JsonNode error) => new JsonObject { ["id"] = error["id"]!.DeepClone(), ["code"] = error["error"]!["code"]!.DeepClone() }.ToJsonString();
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":"\ud800","method":"x"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"\udc00","method":5}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"jsonrpc":"2.0","id":7,"method":5}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":5,"\udc00\ud800":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":8,"method":"x","method":5}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1e400,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\ud800"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","_meta":{},"_meta":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\ud800"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"\ud800","result":{}}""")]
    public async Task No_line_whatever_ends_the_reading(string line)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.SendAsync(line);
        await client.SendAsync("""{"jsonrpc":"2.0","id":2,"method":"ping"}""");
        Assert.Equal("{}", (await client.ReadUntilAnswerAsync(2))[^1]["result"]!.ToJsonString());
    }

    [Fact]
    public async Task A_cancelled_call_stops_and_gets_nothing_more()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        await client.CallAsync(1, "probe", "{}", """{"progressToken":1}""");
        await probe.Started.Soon();
        Assert.Equal("notifications/progress", (await client.ReadAsync())["method"]!.GetValue<string>());
        await client.SendAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"test"}}""");
        await probe.Cancelled.Soon();

        await client.CallAsync(2, "echo", """{"text":"x"}""");
        Assert.Equal(2, (await client.ReadAsync())["id"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("debug", 2)]
    [InlineData("info", 2)]
    [InlineData("warning", 0)]
    [InlineData(null, 0)]
    public async Task Before_2026_the_session_says_which_log_messages_it_wants(string? level, int expected)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        if (level is not null)
        {
            await client.SendAsync($$$"""{"jsonrpc":"2.0","id":9,"method":"logging/setLevel","params":{"level":"{{{level}}}"}}""");
            await client.ReadUntilAnswerAsync(9);
        }

        await client.CallAsync(1, "process_data", """{"records":1}""");
        Assert.Equal(expected, LogMessages(await client.ReadUntilAnswerAsync(1)).Length);
    }

    [Theory]
    [InlineData(",\"io.modelcontextprotocol/logLevel\":\"info\"", new[] { "Starting download of f (1MB)", "Download completed: f" })]
    [InlineData(",\"io.modelcontextprotocol/logLevel\":\"error\"", new string[0])]
    [InlineData("", new string[0])]
    public async Task Since_2026_each_request_says_which_log_messages_it_wants(string meta, string[] expected)
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        await client.CallAsync(1, "download_file", """{"filename":"f","size_mb":1}""", $"{{\"progressToken\":1,{Modern}{meta}}}");
        var messages = await client.ReadUntilAnswerAsync(1);
        Assert.Equal(expected, LogMessages(messages));
        Assert.Equal(11, messages.Count(message => message["method"]?.GetValue<string>() == "notifications/progress"));
        Assert.Equal("complete", messages[^1]["result"]!["resultType"]!.GetValue<string>());
    }

    [Fact]
    public async Task When_the_input_ends_running_tools_are_cancelled_and_the_server_ends()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        await client.CallAsync(1, "probe", "{}");
        await probe.Started.Soon();
        await client.CloseInputAsync();
        await probe.Cancelled.Soon();
        await client.Server.Soon();
    }

    [Fact]
    public async Task When_the_input_ends_quick_calls_are_still_answered()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        for (var id = 1; id <= 20; id++)
        {
            await client.CallAsync(id, "echo", """{"text":"x"}""");
        }

        await client.CloseInputAsync();
        await client.Server.Soon();
        var ids = new HashSet<int>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add((await client.ReadAsync())["id"]!.GetValue<int>());
        }

        Assert.Equal(20, ids.Count);
    }

    [Fact]
    public async Task When_nobody_reads_the_output_running_tools_are_cancelled_and_the_server_ends()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        await client.CallAsync(1, "probe", "{}");
        await probe.Started.Soon();
        client.CloseOutput();
        await client.CallAsync(2, "echo", """{"text":"x"}""");
        await probe.Cancelled.Soon();
        await client.Server.Soon();
    }

    private static string[] LogMessages(IEnumerable<JsonNode> messages) =>
    [
        .. messages.Where(message => message["method"]?.GetValue<string>() == "notifications/message").Select(message => message["params"]!["data"]!.GetValue<string>()),
    ];
}
