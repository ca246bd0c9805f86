using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Protocol;

/// <summary>Questions of every kind, and errors of the protocol, from tools of plain calls and of tasks.</summary>
public sealed class ToolQuestionTests
{
    private const string All = """{"elicitation":{},"sampling":{},"roots":{}}""";
    private const string AllAsTask = """{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}""";
    private const string Ann = """{"action":"accept","content":{"name":"Ann"}}""";
    private const string Message = """{"role":"assistant","content":{"type":"text","text":"Hi"},"model":"m"}""";
    private const string Roots = """{"roots":[{"uri":"file:///a"},{"uri":"file:///b"}]}""";

    [Fact]
    public async Task Several_questions_come_at_once_and_wait_for_all_their_answers()
    {
        await using var client = Serve(AskAll);
        var asked = await CallAsync(client, 1, All);
        Assert.Equal(
            "name: elicitation/create, input-1: sampling/createMessage, roots: roots/list",
            string.Join(", ", asked["inputRequests"]!.AsObject().Select(input => $"{input.Key}: {input.Value!["method"]}")));

        var left = await CallAsync(client, 2, All, State(asked) + $$""","inputResponses":{"name":{{Ann}},"roots":{{Roots}},"nobodys":1}""");
        Assert.Equal("input-1", Assert.Single(left["inputRequests"]!.AsObject()).Key);
        var done = await CallAsync(client, 3, All, State(left) + $$""","inputResponses":{"input-1":{{Message}} }""");
        Assert.Equal("Hi Ann, 2 roots", Text(done));
    }

    [Fact]
    public async Task An_answer_that_comes_with_the_call_is_not_asked_for()
    {
        await using var client = Serve(AskName);
        Assert.Equal("Ann", Text(await CallAsync(client, 1, All, $$""","inputResponses":{"name":{{Ann}},"other":1}""")));

        // It answers one question, under its name; the next one is put.
        var other = await CallAsync(client, 2, All, $$""","inputResponses":{"other":{{Ann}} }""");
        Assert.Equal("input_required", other["resultType"]!.GetValue<string>());
        await using var twice = Serve(async (arguments, context) =>
        {
            await AskName(arguments, context);
            return await AskName(arguments, context);
        });
        Assert.Equal("input_required", (await CallAsync(twice, 3, All, $$""","inputResponses":{"name":{{Ann}} }"""))["resultType"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("12345")]
    [InlineData("""{"action":"accept","content":{}}""")]
    public async Task An_answer_that_does_not_fit_is_refused(string answer)
    {
        await using var client = Serve(AskName);
        Assert.Equal(-32602, (await CallAsync(client, 1, All, $$""","inputResponses":{"name":{{answer}} }"""))["code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"sampling":{}}""", 1)]
    [InlineData(All, 3)]
    public async Task A_tool_can_look_what_the_client_takes(string capabilities, int count)
    {
        await using var client = Serve(async (_, context) =>
            ToolResult.FromText($"{(await context.AskAllAsync([.. Questions().Where(context.Takes)])).Count}"));
        var answer = await CallAsync(client, 1, capabilities);
        if (count == 0)
        {
            Assert.Equal("0", Text(answer));
        }
        else
        {
            Assert.Equal(count, answer["inputRequests"]!.AsObject().Count);
        }
    }

    [Fact]
    public async Task A_client_of_2025_11_25_gets_a_request_for_each_question()
    {
        await using var client = await RawStdioClient.InitializedAsync(Options(AskAll), capabilities: All);
        await client.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}}""");
        for (var question = 0; question < 3; question++)
        {
            var request = await client.ReadAsync();
            var answer = request["method"]!.GetValue<string>() switch { "roots/list" => Roots, "sampling/createMessage" => Message, _ => Ann };
            await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{request["id"]!.ToJsonString()}},"result":{{answer}} }""");
        }

        Assert.Equal("Hi Ann, 2 roots", Text((await client.ReadUntilAnswerAsync(1))[^1]["result"]!));
    }

    [Fact]
    public async Task An_error_of_the_protocol_is_the_answer_of_a_plain_call_and_the_end_of_a_task()
    {
        static ValueTask<ToolResult> Break(ToolArguments arguments, ToolContext context) => throw new McpProtocolException("It broke.", McpErrorCode.InternalError);
        await using var client = Serve(Break);
        Assert.Equal(-32603, (await CallAsync(client, 1, All))["code"]!.GetValue<int>());

        var task = await CallAsync(client, 2, AllAsTask);
        var ended = await UntilAsync(client, task, state => state["status"]!.GetValue<string>() != "working");
        Assert.Equal("failed", ended["status"]!.GetValue<string>());
        Assert.Equal("It broke.", ended["error"]!["message"]!.GetValue<string>());
        Assert.Null(ended["result"]);
    }

    [Fact]
    public async Task A_tool_asks_first_and_becomes_a_task_then()
    {
        var tool = new ServerTool
        {
            Name = "ask",
            InputSchema = SampleTools.Schema("""{ "type": "object" }"""),
            TaskSupport = TaskSupport.Required,
            Prepare = async (_, context) => new ToolArguments((await context.AskAsync(Name())).Content.Deserialize<Dictionary<string, JsonElement>>()),
            Body = (arguments, _) => ValueTask.FromResult(ToolResult.FromText($"Hello, {arguments.GetString("name")}!")),
        };
        await using var client = new RawStdioClient(new ToolServerOptions { Tools = new ToolSet([tool]) });
        var asked = await CallAsync(client, 1, AllAsTask);
        Assert.Equal("input_required", asked["resultType"]!.GetValue<string>());
        Assert.Null(asked["taskId"]);

        // Who did not declare tasks cannot go on with it.
        Assert.Equal(-32021, (await CallAsync(client, 2, All, State(asked)))["code"]!.GetValue<int>());
        var task = await CallAsync(client, 3, AllAsTask, State(asked) + $$""","inputResponses":{"name":{{Ann}} }""");
        Assert.Equal("task", task["resultType"]!.GetValue<string>());
        Assert.Null(task["requestState"]);
        var ended = await UntilAsync(client, task, state => state["status"]!.GetValue<string>() == "completed");
        Assert.Equal("Hello, Ann!", Text(ended["result"]!));
    }

    [Fact]
    public async Task A_task_never_uses_a_key_twice()
    {
        await using var client = Serve(async (arguments, context) =>
        {
            await AskName(arguments, context);
            return await AskName(arguments, context);
        });
        var task = await CallAsync(client, 1, AllAsTask);
        var first = await UntilAsync(client, task, state => state["inputRequests"] is not null);
        Assert.Equal("name", Assert.Single(first["inputRequests"]!.AsObject()).Key);
        await SendAsync(client, 1000, "tasks/update", $$"""{"taskId":"{{task["taskId"]}}","inputResponses":{"name":{{Ann}} },{{Meta(AllAsTask)}} }""");
        var second = await UntilAsync(client, task, state => state["inputRequests"]?.AsObject().ContainsKey("name") == false);
        Assert.NotEqual("name", Assert.Single(second["inputRequests"]!.AsObject()).Key);
    }

    [Fact]
    public async Task What_the_SDK_serves_beside_the_tools_is_offered_without_the_changes_nobody_tells_of()
    {
        var options = new ToolServerOptions
        {
            Tools = new ToolSet([]),
            Configure = server =>
            {
                server.Capabilities!.Resources = new ResourcesCapability { Subscribe = true, ListChanged = true };
                server.Handlers.ListResourcesHandler = (_, _) => ValueTask.FromResult(new ListResourcesResult { Resources = [new Resource { Uri = "test://a", Name = "a" }] });
            },
        };
        await using var modern = new RawStdioClient(options);
        var discovered = await SendAsync(modern, 1, "server/discover", $"{{{Meta(All)}}}");
        Assert.Equal("{}", discovered["capabilities"]!["resources"]!.ToJsonString());
        Assert.Equal("test://a", (await SendAsync(modern, 2, "resources/list", $"{{{Meta(All)}}}"))["resources"]![0]!["uri"]!.GetValue<string>());
    }

    private static ElicitationRequest Name() =>
        new("Who are you?", SampleTools.Schema("""{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}""")) { Key = "name" };

    private static ToolQuestion[] Questions() => [Name(), new SamplingRequest(new CreateMessageRequestParams { Messages = [], MaxTokens = 1 }), new RootsRequest { Key = "roots" }];

    private static async ValueTask<ToolResult> AskName(ToolArguments arguments, ToolContext context) =>
        ToolResult.FromText((await context.AskAsync(Name())).Content["name"]!.GetValue<string>());

    private static async ValueTask<ToolResult> AskAll(ToolArguments arguments, ToolContext context)
    {
        var answers = await context.AskAllAsync(Questions());
        var text = ((CreateMessageResult)answers[1]).Content.OfType<TextContentBlock>().Single().Text;
        return ToolResult.FromText($"{text} {((ElicitationAnswer)answers[0]).Content["name"]}, {((ListRootsResult)answers[2]).Roots.Count} roots");
    }

    private static ToolServerOptions Options(ToolBody body) =>
        new() { Tools = new ToolSet([new ServerTool { Name = "ask", InputSchema = SampleTools.Schema("""{ "type": "object" }"""), Body = body }]) };

    private static RawStdioClient Serve(ToolBody body) => new(Options(body));

    private static Task<JsonNode> CallAsync(RawStdioClient client, int id, string capabilities, string more = "") =>
        SendAsync(client, id, "tools/call", $$"""{"name":"ask",{{Meta(capabilities)}}{{more}} }""");

    private static string Meta(string capabilities) =>
        $$"""
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{capabilities}}}
        """;

    private static async Task<JsonNode> SendAsync(RawStdioClient client, int id, string method, string parameters)
    {
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}} }""");
        var answer = (await client.ReadUntilAnswerAsync(id))[^1];
        return answer["result"] ?? answer["error"]!;
    }

    // Asks for a task's state until it is as wanted: each answer is the signal to ask again.
    private static async Task<JsonNode> UntilAsync(RawStdioClient client, JsonNode task, Func<JsonNode, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var id = 100; ; id++)
        {
            var state = await SendAsync(client, id, "tasks/get", $$"""{"taskId":"{{task["taskId"]}}",{{Meta(AllAsTask)}} }""");
            if (wanted(state))
            {
                return state;
            }

            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static string State(JsonNode asked) => $",\"requestState\":\"{asked["requestState"]!.GetValue<string>()}\"";

    private static string Text(JsonNode result) => result["content"]![0]!["text"]!.GetValue<string>();
}
