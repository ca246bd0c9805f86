using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>Tasks of revision 2025-11-25, line by line.</summary>
public sealed class Tasks2025Tests
{
    private const string CanElicit = """{"elicitation":{}}""";

    [Fact]
    public async Task The_capability_is_declared_for_its_revision_only()
    {
        const string Initialize = """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"VERSION","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";
        await using var client = new RawStdioClient(TestServers.Samples());
        await client.SendAsync(Initialize.Replace("VERSION", "2025-11-25", StringComparison.Ordinal));
        var capabilities = (await client.ReadAsync())["result"]!["capabilities"]!;
        Assert.Equal("""{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}""", capabilities["tasks"]!.ToJsonString());
        Assert.Null(capabilities["extensions"]);

        await using var older = new RawStdioClient(TestServers.Samples());
        await older.SendAsync(Initialize.Replace("VERSION", "2025-06-18", StringComparison.Ordinal));
        Assert.Null((await older.ReadAsync())["result"]!["capabilities"]!["tasks"]);
        Assert.Equal(-32601, (await older.RequestAsync(2, "tasks/list", "{}"))["code"]!.GetValue<int>());

        // There 'task' means nothing: the call is a plain one.
        Assert.NotNull((await older.RequestAsync(3, "tools/call", """{"name":"analyze_data","arguments":{"data_id":"d"},"task":{}}"""))["structuredContent"]);
    }

    [Fact]
    public async Task Tools_say_whether_they_run_as_tasks_and_are_held_to_it()
    {
        var required = Tool("required", TaskSupport.Required);
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, required));
        var tools = (await client.RequestAsync(1, "tools/list", "{}"))["tools"]!.AsArray().ToDictionary(
            tool => tool!["name"]!.GetValue<string>(), tool => tool!["execution"]!["taskSupport"]!.GetValue<string>());
        Assert.Equal("optional", tools["analyze_data"]);
        Assert.Equal("forbidden", tools["echo"]);
        Assert.Equal("required", tools["required"]);
        Assert.Equal(-32601, (await client.RequestAsync(2, "tools/call", """{"name":"echo","arguments":{"text":"x"},"task":{}}"""))["code"]!.GetValue<int>());
        Assert.Equal(-32601, (await client.RequestAsync(3, "tools/call", """{"name":"required","arguments":{}}"""))["code"]!.GetValue<int>());
        Assert.NotNull((await client.RequestAsync(4, "tools/call", """{"name":"required","arguments":{},"task":{}}"""))["task"]);
    }

    [Fact]
    public async Task A_task_is_created_watched_and_fetched()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        var task = (await client.RequestAsync(1, "tools/call", """{"name":"probe","arguments":{},"task":{"ttl":60000},"_meta":{"progressToken":"p"}}"""))["task"]!;
        var id = task["taskId"]!.GetValue<string>();
        Assert.Equal("working", task["status"]!.GetValue<string>());
        Assert.Equal(60000, task["ttl"]!.GetValue<int>());
        Assert.Equal(500, task["pollInterval"]!.GetValue<int>());
        Assert.Equal(task["createdAt"]!.GetValue<string>(), task["lastUpdatedAt"]!.GetValue<string>());

        // The token of the call outlives its answer.
        var progress = await client.ReadAsync();
        Assert.Equal("""{"progressToken":"p","progress":1,"total":2,"message":"started"}""", progress["params"]!.ToJsonString());
        var state = await client.RequestAsync(2, "tasks/get", $$"""{"taskId":"{{id}}"}""");
        Assert.Equal("working", state["status"]!.GetValue<string>());
        Assert.Equal("started", state["statusMessage"]!.GetValue<string>());

        await client.SendAsync($$$"""{"jsonrpc":"2.0","id":3,"method":"tasks/result","params":{"taskId":"{{{id}}}"}}""");
        probe.Release();
        var messages = await client.ReadUntilAnswerAsync(3);
        var notification = Assert.Single(messages.SkipLast(1));
        Assert.Equal("notifications/tasks/status", notification["method"]!.GetValue<string>());
        Assert.Equal("completed", notification["params"]!["status"]!.GetValue<string>());
        var result = messages[^1]["result"]!;
        Assert.Equal("released", result["content"]![0]!["text"]!.GetValue<string>());
        Assert.Equal(id, result["_meta"]!["io.modelcontextprotocol/related-task"]!["taskId"]!.GetValue<string>());

        Assert.Equal("completed", (await client.RequestAsync(4, "tasks/get", $$"""{"taskId":"{{id}}"}"""))["status"]!.GetValue<string>());
        Assert.Equal("released", (await client.RequestAsync(5, "tasks/result", $$"""{"taskId":"{{id}}"}"""))["content"]![0]!["text"]!.GetValue<string>());
        Assert.Equal(-32602, (await client.RequestAsync(6, "tasks/cancel", $$"""{"taskId":"{{id}}"}"""))["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_cancelled_task_has_ended_when_the_answer_comes()
    {
        var probe = new ProbeTool();
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, probe.Tool));
        var id = await CreateAsync(client, 1, "probe");
        await probe.Started.Soon();
        Assert.Equal("cancelled", (await client.RequestAsync(2, "tasks/cancel", $$"""{"taskId":"{{id}}"}"""))["status"]!.GetValue<string>());
        await probe.Cancelled.Soon();
        Assert.Equal("cancelled", (await client.RequestAsync(3, "tasks/get", $$"""{"taskId":"{{id}}"}"""))["status"]!.GetValue<string>());
        Assert.Equal("The task was cancelled.", (await client.RequestAsync(4, "tasks/result", $$"""{"taskId":"{{id}}"}"""))["message"]!.GetValue<string>());
        Assert.Equal(-32602, (await client.RequestAsync(5, "tasks/cancel", $$"""{"taskId":"{{id}}"}"""))["code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("tasks/get", """{"taskId":"nope"}""", -32602)]
    [InlineData("tasks/result", """{"taskId":"nope"}""", -32602)]
    [InlineData("tasks/cancel", """{"taskId":"nope"}""", -32602)]
    [InlineData("tasks/get", "{}", -32602)]
    [InlineData("tasks/list", """{"cursor":"nope"}""", -32602)]
    [InlineData("tasks/list", """{"cursor":"AAAAAAAAAAA="}""", -32602)]
    [InlineData("tasks/update", """{"taskId":"nope"}""", -32601)]
    [InlineData("tools/call", """{"name":"analyze_data","arguments":{"data_id":"d"},"task":{"ttl":"soon"}}""", -32602)]
    [InlineData("tools/call", """{"name":"analyze_data","arguments":{"data_id":"d"},"task":{"ttl":-1}}""", -32602)]
    public async Task What_makes_no_sense_is_an_error(string method, string parameters, int code)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        Assert.Equal(code, (await client.RequestAsync(1, method, parameters))["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_tool_that_fails_is_a_failed_task_with_its_result()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        var id = await CreateAsync(client, 1, "fail_halfway");
        var result = await client.RequestAsync(2, "tasks/result", $$"""{"taskId":"{{id}}"}""");
        Assert.True(result["isError"]!.GetValue<bool>());
        Assert.Equal("failed", (await client.RequestAsync(3, "tasks/get", $$"""{"taskId":"{{id}}"}"""))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_list_has_all_tasks_in_pages()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples());
        var created = new List<string>();
        for (var i = 0; i < 250; i++)
        {
            created.Add(await CreateAsync(client, i, "analyze_data", """{"data_id":"d"}"""));
        }

        var listed = new List<string>();
        var sizes = new List<int>();
        string? cursor = null;
        do
        {
            var page = await client.RequestAsync(1000, "tasks/list", cursor is null ? "{}" : $$"""{"cursor":"{{cursor}}"}""");
            listed.AddRange(page["tasks"]!.AsArray().Select(task => task!["taskId"]!.GetValue<string>()));
            sizes.Add(page["tasks"]!.AsArray().Count);
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        Assert.Equal(created, listed);
        Assert.Equal([100, 100, 50], sizes);
    }

    [Fact]
    public async Task An_expired_task_is_unknown()
    {
        var time = new ManualTimeProvider();
        var options = TestServers.Samples();
        await using var client = await RawStdioClient.InitializedAsync(new ToolServerOptions { Tools = options.Tools, ProgressRate = 0, TimeProvider = time });
        var task = (await client.RequestAsync(1, "tools/call", """{"name":"run_forever","arguments":{},"task":{"ttl":5000}}"""))["task"]!;
        var parameters = $$"""{"taskId":"{{task["taskId"]!.GetValue<string>()}}"}""";
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("working", (await client.RequestAsync(2, "tasks/get", parameters))["status"]!.GetValue<string>());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(-32602, (await client.RequestAsync(3, "tasks/get", parameters))["code"]!.GetValue<int>());
        Assert.Empty((await client.RequestAsync(4, "tasks/list", "{}"))["tasks"]!.AsArray());
    }

    [Fact]
    public async Task There_is_a_bound_on_what_runs()
    {
        var options = new ToolServerOptions
        {
            Tools = new ToolSet([new ProbeTool().Tool]),
            Tasks = new TaskOptions { MaxRunning = 2 },
        };
        await using var client = await RawStdioClient.InitializedAsync(options);
        await CreateAsync(client, 1, "probe");
        var second = await CreateAsync(client, 2, "probe");
        const string Call = """{"name":"probe","arguments":{},"task":{}}""";
        Assert.Contains("Too many tasks", (await client.RequestAsync(3, "tools/call", Call))["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await client.RequestAsync(4, "tasks/cancel", $$"""{"taskId":"{{second}}"}""");
        Assert.NotNull((await client.RequestAsync(5, "tools/call", Call))["task"]);
    }

    [Fact]
    public async Task A_question_comes_on_the_stream_of_the_result_and_again_when_that_was_cut_off()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(), capabilities: CanElicit);
        var id = await CreateAsync(client, 1, "book_table", """{"restaurant":"Luigi"}""");
        Assert.Equal("input_required", (await WaitForStatusAsync(client))["status"]!.GetValue<string>());
        var parameters = $$"""{"taskId":"{{id}}"}""";

        // Nobody asks before somebody waits for the result.
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":3,"method":"tasks/result","params":{{parameters}}}""");
        var first = await client.ReadAsync();
        Assert.Equal("elicitation/create", first["method"]!.GetValue<string>());
        Assert.Equal(id, first["params"]!["_meta"]!["io.modelcontextprotocol/related-task"]!["taskId"]!.GetValue<string>());
        await client.SendAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}""");
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":4,"method":"tasks/result","params":{{parameters}}}""");
        var second = await client.ReadAsync();
        if (second["method"]!.GetValue<string>() == "notifications/cancelled")
        {
            // The SDK withdraws the first question, though not always.
            second = await client.ReadAsync();
        }

        Assert.Equal("elicitation/create", second["method"]!.GetValue<string>());
        Assert.NotEqual(first["id"]!.ToJsonString(), second["id"]!.ToJsonString());
        await client.SendAsync($$$$"""{"jsonrpc":"2.0","id":{{{{second["id"]!.ToJsonString()}}}},"result":{"action":"accept","content":{"confirm":true,"guests":4}}}""");
        var messages = await client.ReadUntilAnswerAsync(4);
        Assert.Equal(["working", "completed"], messages.SkipLast(1).Select(message => message["params"]!["status"]!.GetValue<string>()));
        Assert.Equal(4, messages[^1]["result"]!["structuredContent"]!["guests"]!.GetValue<int>());
        Assert.Equal("inside", messages[^1]["result"]!["structuredContent"]!["seating"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_newer_request_for_the_result_gets_the_open_question_too_and_the_first_answer_counts(int answered)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(), capabilities: CanElicit);
        var id = await CreateAsync(client, 1, "book_table", """{"restaurant":"Luigi"}""");
        await WaitForStatusAsync(client);
        var questions = new List<JsonNode>();
        for (var request = 3; request < 5; request++)
        {
            await client.SendAsync($$$"""{"jsonrpc":"2.0","id":{{{request}}},"method":"tasks/result","params":{"taskId":"{{{id}}}"}}""");
            questions.Add(await client.ReadAsync());
            Assert.Equal("elicitation/create", questions[^1]["method"]!.GetValue<string>());
        }

        // The task goes on with the first; the other one, which the SDK may withdraw meanwhile, does no harm.
        await AnswerAsync(questions[answered], guests: 4);
        var messages = new List<JsonNode>();
        while (messages.LastOrDefault()?["method"]?.GetValue<string>() != "notifications/tasks/status")
        {
            messages.Add(await client.ReadAsync());
        }

        await AnswerAsync(questions[1 - answered], guests: 5);
        while (messages.Count(message => message["result"] is not null) < 2)
        {
            messages.Add(await client.ReadAsync());
        }

        Assert.All(messages.Where(message => message["result"] is not null), message => Assert.Equal(4, message["result"]!["structuredContent"]!["guests"]!.GetValue<int>()));
        Assert.DoesNotContain(messages, message => message["method"]?.GetValue<string>() == "elicitation/create");

        Task AnswerAsync(JsonNode question, int guests) => client.SendAsync(
            $$$$"""{"jsonrpc":"2.0","id":{{{{question["id"]!.ToJsonString()}}}},"result":{"action":"accept","content":{"confirm":true,"guests":{{{{guests}}}}}}}""");
    }

    [Fact]
    public async Task Of_several_requests_for_the_result_the_newest_that_is_left_puts_what_is_asked_later()
    {
        var asking = new ServerTool
        {
            Name = "asking",
            InputSchema = SampleTools.Schema("""{"type":"object"}"""),
            Body = async (_, context) =>
            {
                for (var question = 1; question <= 3; question++)
                {
                    await context.AskAsync(new ElicitationRequest($"Question {question}", SampleTools.Schema("""{"type":"object","properties":{}}""")));
                }

                return ToolResult.FromText("done");
            },
        };
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, asking), capabilities: CanElicit);
        var id = await CreateAsync(client, 1, "asking");
        await WaitForStatusAsync(client);
        for (var request = 3; request < 5; request++)
        {
            await client.SendAsync($$$"""{"jsonrpc":"2.0","id":{{{request}}},"method":"tasks/result","params":{"taskId":"{{{id}}}"}}""");
            Assert.Equal("Question 1", await AnswerNextAsync(answer: request == 4));
        }

        // The second comes once; when its request is given up, the older one goes on with it.
        Assert.Equal("Question 2", await AnswerNextAsync(answer: false));
        await client.SendAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}""");
        Assert.Equal("Question 2", await AnswerNextAsync(answer: true));
        Assert.Equal("Question 3", await AnswerNextAsync(answer: true));
        Assert.Equal("done", (await client.ReadUntilAnswerAsync(3))[^1]["result"]!["content"]![0]!["text"]!.GetValue<string>());

        async Task<string> AnswerNextAsync(bool answer)
        {
            JsonNode message;
            do
            {
                message = await client.ReadAsync();
            }
            while (message["method"]!.GetValue<string>() != "elicitation/create");

            if (answer)
            {
                await client.SendAsync($$$$"""{"jsonrpc":"2.0","id":{{{{message["id"]!.ToJsonString()}}}},"result":{"action":"accept","content":{}}}""");
            }

            return message["params"]!["message"]!.GetValue<string>();
        }
    }

    [Theory]
    [InlineData("""{"action":"accept","content":{"confirm":"perhaps"}}""")]
    [InlineData("""{"action":"accept","content":{}}""")]
    [InlineData("""{"action":"maybe"}""")]
    public async Task An_answer_that_does_not_fit_is_the_tools_error(string answer)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(), capabilities: CanElicit);
        var id = await CreateAsync(client, 1, "book_table", """{"restaurant":"Luigi"}""");
        await WaitForStatusAsync(client);
        await client.SendAsync($$$"""{"jsonrpc":"2.0","id":3,"method":"tasks/result","params":{"taskId":"{{{id}}}"}}""");
        var question = await client.ReadAsync();
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{question["id"]!.ToJsonString()}},"result":{{answer}}}""");
        var result = (await client.ReadUntilAnswerAsync(3))[^1]["result"]!;
        Assert.True(result["isError"]!.GetValue<bool>());
        Assert.Contains("was not answered", result["content"]![0]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static ServerTool Tool(string name, TaskSupport support) => new()
    {
        Name = name,
        TaskSupport = support,
        InputSchema = SampleTools.Schema("""{"type":"object"}"""),
        Body = (_, _) => ValueTask.FromResult(ToolResult.FromText("done")),
    };

    private static async Task<JsonNode> WaitForStatusAsync(RawStdioClient client)
    {
        var notification = await client.ReadAsync();
        Assert.Equal("notifications/tasks/status", notification["method"]!.GetValue<string>());
        return notification["params"]!;
    }

    private static async Task<string> CreateAsync(RawStdioClient client, int id, string tool, string arguments = "{}") =>
        (await client.RequestAsync(id, "tools/call", $$$"""{"name":"{{{tool}}}","arguments":{{{arguments}}},"task":{}}"""))["task"]!["taskId"]!.GetValue<string>();
}
