using System.Net;
using System.Text.Json.Nodes;
using McpProgress.Server.Samples;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>The tasks extension of 2026-07-28, line by line over stdio, and its headers over HTTP.</summary>
public sealed class TasksExtensionTests
{
    private const string Tasks = """{"extensions":{"io.modelcontextprotocol/tasks":{}},"elicitation":{}}""";

    [Fact]
    public async Task The_extension_is_declared_by_discovery()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        var capabilities = (await RequestAsync(client, 1, "server/discover"))["capabilities"]!;
        Assert.Equal("{}", capabilities["extensions"]!["io.modelcontextprotocol/tasks"]!.ToJsonString());
        Assert.Null(capabilities["tasks"]);
    }

    [Fact]
    public async Task A_call_that_declares_it_becomes_a_task_and_one_that_does_not_stays_a_call()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        var plain = await RequestAsync(client, 1, "tools/call", "\"name\":\"analyze_data\",\"arguments\":{\"data_id\":\"d\"}", "{}");
        Assert.Equal("complete", plain["resultType"]!.GetValue<string>());
        Assert.NotNull(plain["structuredContent"]);

        var created = await CreateAsync(client, 2, "analyze_data", """{"data_id":"d"}""");
        Assert.Equal("task", created["resultType"]!.GetValue<string>());
        Assert.Equal("working", created["status"]!.GetValue<string>());
        Assert.Equal(86_400_000, created["ttlMs"]!.GetValue<int>());
        Assert.Equal(500, created["pollIntervalMs"]!.GetValue<int>());
        var ended = await WaitAsync(client, created);
        Assert.Equal("completed", ended["status"]!.GetValue<string>());
        Assert.Equal("complete", ended["resultType"]!.GetValue<string>());
        Assert.Equal("complete", ended["result"]!["resultType"]!.GetValue<string>());
        Assert.Equal("d", ended["result"]!["structuredContent"]!["data_id"]!.GetValue<string>());
        Assert.Equal("""{"progress":5,"total":5}""", ended["_meta"]!["mcpprogress/progress"]!.ToJsonString());
        Assert.Equal("Processing step 5/5", ended["statusMessage"]!.GetValue<string>());

        // Not worth a task, says the tool: the server decides.
        var echo = await RequestAsync(client, 3, "tools/call", "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"}");
        Assert.Equal("complete", echo["resultType"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_tool_that_fails_is_a_completed_task()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        var ended = await WaitAsync(client, await CreateAsync(client, 1, "fail_halfway"));
        Assert.Equal("completed", ended["status"]!.GetValue<string>());
        Assert.True(ended["result"]!["isError"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("tasks/get", "\"taskId\":\"nope\"", -32602)]
    [InlineData("tasks/update", "\"taskId\":\"nope\"", -32602)]
    [InlineData("tasks/cancel", "\"taskId\":\"nope\"", -32602)]
    [InlineData("tasks/get", "\"x\":1", -32602)]
    [InlineData("tasks/list", "\"x\":1", -32601)]
    [InlineData("tasks/result", "\"taskId\":\"nope\"", -32601)]
    public async Task What_makes_no_sense_is_an_error(string method, string parameters, int code)
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        Assert.Equal(code, (await RequestAsync(client, 1, method, parameters))["code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("tasks/get", "\"taskId\":\"nope\"")]
    [InlineData("tools/call", "\"name\":\"required\",\"arguments\":{}")]
    [InlineData("subscriptions/listen", "\"notifications\":{\"taskIds\":[\"nope\"]}")]
    public async Task Who_does_not_declare_it_is_told_what_to_declare(string method, string parameters)
    {
        var required = new ServerTool
        {
            Name = "required",
            TaskSupport = TaskSupport.Required,
            InputSchema = SampleTools.Schema("""{"type":"object"}"""),
            Body = (_, _) => ValueTask.FromResult(ToolResult.FromText("done")),
        };
        await using var client = new RawStdioClient(TestServers.Samples(0, required));
        var error = await RequestAsync(client, 1, method, parameters, "{}");
        Assert.Equal(-32021, error["code"]!.GetValue<int>());
        Assert.NotNull(error["data"]!["requiredCapabilities"]!["extensions"]!["io.modelcontextprotocol/tasks"]);
    }

    [Fact]
    public async Task Cancelling_is_acknowledged_and_reaches_the_tool()
    {
        var probe = new ProbeTool();
        await using var client = new RawStdioClient(TestServers.Samples(0, probe.Tool));
        var created = await CreateAsync(client, 1, "probe");
        await probe.Started.Soon();
        var parameters = TaskId(created);
        var acknowledged = (await RequestAsync(client, 2, "tasks/cancel", parameters)).AsObject();
        Assert.Equal(["resultType", "_meta"], acknowledged.Select(member => member.Key));
        await probe.Cancelled.Soon();
        Assert.Equal("cancelled", (await RequestAsync(client, 3, "tasks/get", parameters))["status"]!.GetValue<string>());

        // Again, as a client does that has not heard of the end.
        Assert.Null((await RequestAsync(client, 4, "tasks/cancel", parameters))["code"]);
    }

    [Fact]
    public async Task A_question_is_part_of_the_state_and_answered_once()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        var created = await CreateAsync(client, 1, "book_table", """{"restaurant":"Luigi"}""");
        var asking = await WaitAsync(client, created);
        Assert.Equal("input_required", asking["status"]!.GetValue<string>());
        var (key, question) = Assert.Single(asking["inputRequests"]!.AsObject());
        Assert.Equal("elicitation/create", question!["method"]!.GetValue<string>());
        Assert.Equal("boolean", question["params"]!["requestedSchema"]!["properties"]!["confirm"]!["type"]!.GetValue<string>());

        // A wrong answer leaves the question open; one to a question nobody asked is ignored.
        var id = TaskId(created);
        var refused = await RequestAsync(client, 100, "tasks/update", Answers(id, key, """{"action":"accept","content":{"confirm":"perhaps"}}"""));
        Assert.Equal(-32602, refused["code"]!.GetValue<int>());
        Assert.Contains("confirm", refused["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null((await RequestAsync(client, 101, "tasks/update", Answers(id, "other", """{"action":"cancel"}""")))["code"]);

        Assert.Null((await RequestAsync(client, 102, "tasks/update", Answers(id, key, """{"action":"accept","content":{"confirm":true}}""")))["code"]);
        var ended = await WaitAsync(client, created);
        Assert.Equal(2, ended["result"]!["structuredContent"]!["guests"]!.GetValue<int>());
        Assert.Null(ended["inputRequests"]);
    }

    [Fact]
    public async Task A_subscription_tells_of_its_tasks_with_their_full_state()
    {
        var probe = new ProbeTool();
        await using var client = new RawStdioClient(TestServers.Samples(0, probe.Tool));
        var created = await CreateAsync(client, 1, "probe");
        await probe.Started.Soon();
        var id = created["taskId"]!.GetValue<string>();
        await SendAsync(client, 2, "subscriptions/listen", $$$"""
            "notifications":{"toolsListChanged":true,"taskIds":["{{{id}}}","nope"]}
            """);
        var acknowledged = await client.ReadAsync();
        Assert.Equal("notifications/subscriptions/acknowledged", acknowledged["method"]!.GetValue<string>());
        Assert.Equal($$"""{"taskIds":["{{id}}"]}""", acknowledged["params"]!["notifications"]!.ToJsonString());
        Assert.Equal(2, acknowledged["params"]!["_meta"]!["io.modelcontextprotocol/subscriptionId"]!.GetValue<int>());

        var now = await client.ReadAsync();
        Assert.Equal("notifications/tasks", now["method"]!.GetValue<string>());
        Assert.Equal("working", now["params"]!["status"]!.GetValue<string>());
        Assert.Equal("""{"progress":1,"total":2}""", now["params"]!["_meta"]!["mcpprogress/progress"]!.ToJsonString());
        Assert.Equal(2, now["params"]!["_meta"]!["io.modelcontextprotocol/subscriptionId"]!.GetValue<int>());

        probe.Release();
        var ended = await client.ReadAsync();
        Assert.Equal("completed", ended["params"]!["status"]!.GetValue<string>());
        Assert.Equal("released", ended["params"]!["result"]!["content"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task Over_http_the_headers_name_the_task_and_a_task_outlives_its_request()
    {
        var probe = new ProbeTool();
        await using var http = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        using var call = RawHttp.ModernCall("probe", change: null, meta: "");
        call.Content = Body(1, "tools/call", "\"name\":\"probe\",\"arguments\":{}");
        using var answer = await http.SendAsync(call);
        var created = (await RawHttp.EventsAsync(answer))[^1]["result"]!;
        await probe.Started.Soon();

        foreach (var (header, status) in new[] { (created["taskId"]!.GetValue<string>(), HttpStatusCode.OK), ("another", HttpStatusCode.BadRequest), (null, HttpStatusCode.BadRequest) })
        {
            using var get = RawHttp.Post("{}");
            get.Content = Body(2, "tasks/get", TaskId(created));
            get.Headers.Add("MCP-Protocol-Version", "2026-07-28");
            get.Headers.Add("Mcp-Method", "tasks/get");
            if (header is not null)
            {
                get.Headers.Add("Mcp-Name", header);
            }

            using var got = await http.SendAsync(get);
            Assert.Equal(status, got.StatusCode);
            if (status == HttpStatusCode.OK)
            {
                Assert.Equal("working", (await RawHttp.EventsAsync(got))[^1]["result"]!["status"]!.GetValue<string>());
            }
        }

        Assert.False(probe.Cancelled.IsCompleted);
    }

    private static StringContent Body(int id, string method, string parameters) =>
        new(Line(id, method, parameters, Tasks), System.Text.Encoding.UTF8, "application/json");

    private static string Line(int id, string method, string parameters, string capabilities) =>
        new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["method"] = method,
            ["params"] = Parameters(parameters, capabilities),
        }.ToJsonString();

    private static JsonObject Parameters(string members, string capabilities)
    {
        var parameters = JsonNode.Parse($"{{{members}}}")!.AsObject();
        parameters["_meta"] = new JsonObject
        {
            ["io.modelcontextprotocol/protocolVersion"] = "2026-07-28",
            ["io.modelcontextprotocol/clientCapabilities"] = JsonNode.Parse(capabilities),
        };
        return parameters;
    }

    private static Task SendAsync(RawStdioClient client, int id, string method, string parameters = "", string capabilities = Tasks) =>
        client.SendAsync(Line(id, method, parameters, capabilities));

    private static async Task<JsonNode> RequestAsync(RawStdioClient client, int id, string method, string parameters = "", string capabilities = Tasks)
    {
        await SendAsync(client, id, method, parameters, capabilities);
        var answer = (await client.ReadUntilAnswerAsync(id))[^1];
        return answer["result"] ?? answer["error"]!;
    }

    private static Task<JsonNode> CreateAsync(RawStdioClient client, int id, string tool, string arguments = "{}") =>
        RequestAsync(client, id, "tools/call", $"\"name\":\"{tool}\",\"arguments\":{arguments}");

    private static string Answers(string taskId, string key, string answer) => $"{taskId},\"inputResponses\":{{\"{key}\":{answer}}}";

    private static string TaskId(JsonNode task) => $"\"taskId\":\"{task["taskId"]!.GetValue<string>()}\"";

    // Asks until it no longer works, as a client does; the outer bound is that of each answer.
    private static async Task<JsonNode> WaitAsync(RawStdioClient client, JsonNode created)
    {
        for (var id = 1000; ; id++)
        {
            var state = await RequestAsync(client, id, "tasks/get", TaskId(created));
            if (state["status"]!.GetValue<string>() != "working")
            {
                return state;
            }
        }
    }
}
