using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Samples;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Mcpc;

/// <summary>What the server adds to the original, as a client sees it line by line.</summary>
public sealed class McpcCallTests
{
    private const string Ids = "\"mcpc_params\":{\"session_id\":\"s\",\"task_id\":\"t\"}";

    [Fact]
    public async Task Five_steps_and_the_result_as_documented()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        await client.CallAsync(1, "analyze_data", $$"""{"data_id":"d",{{Ids}}}""");
        var messages = await MessagesAsync(client, "complete", "failed");
        Assert.Equal(["created", "update", "update", "update", "update", "update", "complete"], messages.Select(message => message["event"]!.GetValue<string>()));
        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => $$"""{"status":"Processing step {{i}}/5","progress":{{i * 20}}}"""),
            messages[1..6].Select(message => message["result"]!.ToJsonString()));
        Assert.Equal("""{"status":"Complete","data_id":"d","summary":"Processing completed successfully"}""", messages[6]["result"]!.ToJsonString());
        Assert.Equal(Enumerable.Range(0, 7), messages.Select(message => message["seq"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("""{"_metadata":{"mcpc_session_id":"s"}}""", "s")]
    [InlineData("""{"_metadata":{"mcpc_task_id":"t"}}""", "default")]
    [InlineData("""{"mcpc_params":{"session_id":"s"}}""", "s")]
    [InlineData("""{"mcpc_params":{"task_id":"t","session_id":""}}""", "default")]
    public async Task What_the_client_leaves_out_is_filled_in(string arguments, string session)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, Answering("tool", (given, _) =>
        {
            Assert.Empty(given.All);
            return ValueTask.FromResult(ToolResult.FromText("plain text"));
        })));
        await client.CallAsync(1, "tool", arguments);
        var messages = await MessagesAsync(client, "complete", "failed");
        Assert.All(messages, message => Assert.Equal(session, message["session_id"]!.GetValue<string>()));
        var task = messages[0]["task_id"]!.GetValue<string>();
        Assert.True(task == "t" || Guid.TryParse(task, out _), task);
        Assert.Equal("plain text", messages[^1]["result"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("fail_halfway", "{", "Failed at step 5 of 10, as this tool always does.")]
    [InlineData("throw", "{", "The tool 'throw' failed unexpectedly. The server's log says why.")]
    [InlineData("download_file", """{"filename":"f","size_mb":0,""", "The argument 'size_mb' must be at least 1, but is 0.")]
    public async Task A_task_that_fails_says_so(string tool, string arguments, string why)
    {
        var thrower = Answering("throw", (_, _) => throw new InvalidDataException("secret"));
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, thrower));
        await client.CallAsync(1, tool, arguments + Ids + "}");
        var messages = await MessagesAsync(client, "complete", "failed");
        Assert.Equal("created", messages[0]["event"]!.GetValue<string>());
        Assert.Equal("failed", messages[^1]["event"]!.GetValue<string>());
        Assert.Equal(why, messages[^1]["result"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(80, "1")]
    [InlineData(2, "\"\\ud800\"")]
    public async Task A_task_whose_result_cannot_be_sent_fails(int depth, string innermost)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, TestServers.Deep(depth, innermost)));
        await client.CallAsync(1, "deep", $"{{{Ids}}}");
        var failed = (await MessagesAsync(client, "complete", "failed"))[^1];
        Assert.Equal("failed", failed["event"]!.GetValue<string>());
        Assert.StartsWith("The result of the tool 'deep' cannot be sent", failed["result"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_tool_left_running_says_after_the_end_is_not_sent()
    {
        ToolContext? left = null;
        var leaving = Answering("leaving", (_, context) =>
        {
            left = context;
            return ValueTask.FromResult(ToolResult.FromText("done"));
        });
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, leaving));
        await client.RequestAsync(1, "logging/setLevel", """{"level":"debug"}""");
        await client.CallAsync(2, "leaving", $"{{{Ids}}}");
        await MessagesAsync(client, "complete");
        await left!.ReportProgressAsync(1, 2, "late");
        await left.SendUpdateAsync("late");
        await left.LogInfoAsync("late");
        await client.CallAsync(3, "echo", """{"text":"x"}""");
        Assert.Single(await client.ReadUntilAnswerAsync(3));
    }

    [Fact]
    public async Task A_task_is_cancelled_and_changed_by_the_hidden_tools()
    {
        var seen = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = Answering("wait", async (_, context) =>
        {
            await foreach (var update in context.ReadUpdatesAsync())
            {
                seen.TrySetResult(update);
            }

            return ToolResult.FromText("never");
        });
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, waiting));
        await client.CallAsync(1, "wait", $"{{{Ids}}}");
        await client.ReadUntilAnswerAsync(1);

        Assert.False((await client.RequestAsync(2, "tools/call", """{"name":"_mcpc_update","arguments":{"task_id":"t","data":{"speed":2}}}"""))["isError"]!.GetValue<bool>());
        Assert.Equal(2, (await seen.Task.Soon()).GetProperty("speed").GetInt32());
        Assert.True((await client.RequestAsync(3, "tools/call", """{"name":"_mcpc_update","arguments":{"task_id":"other","data":1}}"""))["isError"]!.GetValue<bool>());
        Assert.True((await client.RequestAsync(4, "tools/call", """{"name":"_mcpc_cancel","arguments":{"task_id":"other"}}"""))["isError"]!.GetValue<bool>());
        Assert.True((await client.RequestAsync(5, "tools/call", """{"name":"_mcpc_cancel","arguments":{}}"""))["isError"]!.GetValue<bool>());

        await client.CallAsync(6, "_mcpc_cancel", """{"task_id":"t"}""");
        var lines = new List<JsonNode> { await client.ReadAsync(), await client.ReadAsync() };
        Assert.False(lines.Single(line => line["id"]!.ToJsonString() == "6")["result"]!["isError"]!.GetValue<bool>());
        var failed = Message(lines.Single(line => line["id"]!.ToJsonString() == "\"MCPC_CALLBACK\""));
        Assert.Equal("failed", failed["event"]!.GetValue<string>());
        Assert.Equal("The task was cancelled.", failed["result"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_task_id_is_taken_until_its_task_has_ended()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        await client.CallAsync(1, "probe", $"{{{Ids}}}");
        await probe.Started.Soon();
        await client.CallAsync(2, "probe", $"{{{Ids}}}");
        var refused = Message((await client.ReadUntilAnswerAsync(2))[^1]);
        Assert.Equal("failed", refused["event"]!.GetValue<string>());
        Assert.Contains("runs already", refused["result"]!.GetValue<string>(), StringComparison.Ordinal);
        probe.Release();
        await MessagesAsync(client, "complete");
    }

    [Fact]
    public async Task There_is_a_bound_on_the_tasks_of_a_connection()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        for (var i = 0; i <= Server.Mcpc.McpcSession.MaxTasks; i++)
        {
            await client.CallAsync(i, "probe", $$$"""{"mcpc_params":{"task_id":"t{{{i}}}"}}""");
            var answer = Message((await client.ReadUntilAnswerAsync(i))[^1])["event"]!.GetValue<string>();
            Assert.Equal(i < Server.Mcpc.McpcSession.MaxTasks ? "created" : "failed", answer);
        }
    }

    [Fact]
    public async Task The_hidden_tools_are_not_listed_and_a_plain_call_stays_one_beside_a_task()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        var tools = (await client.RequestAsync(1, "tools/list", "{}"))["tools"]!.AsArray().Select(tool => tool!["name"]!.GetValue<string>()).ToArray();
        Assert.DoesNotContain(tools, tool => tool.Contains("mcpc", StringComparison.Ordinal));
        await client.CallAsync(2, "run_forever", $"{{{Ids}}}");
        await client.ReadUntilAnswerAsync(2);
        await client.CallAsync(3, "echo", """{"text":"{\"type\":\"task\"}"}""");
        var answer = (await client.ReadUntilAnswerAsync(3))[^1];
        Assert.Equal("""{"type":"task"}""", answer["result"]!["content"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task Server_events_go_to_clients_that_speak_mcpc_with_or_without_a_task()
    {
        var events = Answering("events", async (_, context) =>
        {
            await context.SendServerEventAsync("disk.full", new JsonObject { ["free"] = 0 });
            return ToolResult.FromText("done");
        });
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, events));

        // Nobody has spoken MCPC yet: a response nobody asked for would be an error to this client.
        await client.CallAsync(1, "events", "{}");
        Assert.Single(await client.ReadUntilAnswerAsync(1));

        await client.CallAsync(2, "_mcpc_init", "{}");
        await client.ReadUntilAnswerAsync(2);
        await client.CallAsync(3, "events", "{}");
        var lines = new[] { await client.ReadAsync(), await client.ReadAsync() };
        var sent = Message(lines.Single(line => line["id"]!.ToJsonString() == "\"MCPC_CALLBACK\""));
        Assert.Equal(
            """{"type":"server_event","event":"disk.full","session_id":"default","task_id":null,"tool_name":null,"result":{"free":0},"protocol":"mcpc","seq":0}""",
            sent.ToJsonString());

        await client.CallAsync(4, "events", $"{{{Ids}}}");
        var messages = await MessagesAsync(client, "complete");
        var second = Assert.Single(messages, message => message["type"]!.GetValue<string>() == "server_event");
        Assert.Equal("s", second["session_id"]!.GetValue<string>());
        Assert.Equal(1, second["seq"]!.GetValue<int>());
    }

    [Fact]
    public async Task Without_a_total_there_is_a_status_and_no_percentage()
    {
        var tool = Answering("tool", async (_, context) =>
        {
            await context.ReportProgressAsync(7, message: "looking");
            await context.ReportProgressAsync(8);
            await context.ReportProgressAsync(3, 2, "beyond");
            return ToolResult.FromText("");
        });
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, tool));
        await client.CallAsync(1, "tool", $"{{{Ids}}}");
        Assert.Equal(
            ["""{"status":"looking"}""", """{"status":"8"}""", """{"status":"beyond","progress":100}"""],
            (await MessagesAsync(client, "complete"))[1..4].Select(message => message["result"]!.ToJsonString()));
    }

    internal static ServerTool Answering(string name, ToolBody body) =>
        new() { Name = name, InputSchema = SampleTools.Schema("""{"type":"object"}"""), Body = body };

    /// <summary>All messages up to one of the given events.</summary>
    internal static async Task<JsonNode[]> MessagesAsync(RawStdioClient client, params string[] last)
    {
        var messages = new List<JsonNode>();
        do
        {
            messages.Add(Message(await client.ReadAsync()));
        }
        while (!last.Contains(messages[^1]["event"]!.GetValue<string>()));

        return [.. messages];
    }

    internal static JsonNode Message(JsonNode line) => JsonNode.Parse(line["result"]!["content"]![0]!["text"]!.GetValue<string>())!;
}
