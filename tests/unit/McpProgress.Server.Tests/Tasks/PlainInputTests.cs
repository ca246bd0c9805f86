using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>A tool that asks during a plain call: the wire's form follows the client.</summary>
public sealed class PlainInputTests
{
    private const string Call = """{"name":"book_table","arguments":{"restaurant":"Luigi"},"_meta":{"progressToken":"p"}}""";

    [Fact]
    public async Task A_client_of_2025_11_25_gets_a_request()
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(), capabilities: """{"elicitation":{}}""");
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{Call}}}""");
        JsonNode question;
        do
        {
            question = await client.ReadAsync();
        }
        while (question["method"]!.GetValue<string>() != "elicitation/create");

        Assert.Null(question["params"]!["_meta"]);
        await client.SendAsync($$"""{"jsonrpc":"2.0","id":{{question["id"]!.ToJsonString()}},"result":{"action":"decline"} }""");
        Assert.False((await client.ReadUntilAnswerAsync(1))[^1]["result"]!["structuredContent"]!["booked"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"elicitation":{"url":{}}}""")]
    public async Task A_client_that_takes_no_forms_gets_an_error_that_says_so(string capabilities)
    {
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(), capabilities: capabilities);
        var result = await client.RequestAsync(1, "tools/call", Call);
        Assert.True(result["isError"]!.GetValue<bool>());
        Assert.Contains("'elicitation'", result["content"]![0]!["text"]!.GetValue<string>(), StringComparison.Ordinal);

        await using var modern = new RawStdioClient(TestServers.Samples());
        var error = await ModernAsync(modern, 1, "", capabilities);
        Assert.Equal(-32021, error["code"]!.GetValue<int>());
        Assert.NotNull(error["data"]!["requiredCapabilities"]!["elicitation"]);
    }

    [Fact]
    public async Task A_client_of_2026_07_28_is_asked_by_a_result_and_answers_by_a_new_request()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        var asked = await ModernAsync(client, 1);
        Assert.Equal("input_required", asked["resultType"]!.GetValue<string>());
        var (key, question) = Assert.Single(asked["inputRequests"]!.AsObject());
        Assert.Equal("elicitation/create", question!["method"]!.GetValue<string>());

        // No answer: asked again. A wrong one: refused, and the question stays. Then the right one, once.
        var again = await ModernAsync(client, 2, State(asked));
        Assert.Equal("input_required", again["resultType"]!.GetValue<string>());
        Assert.NotEqual(asked["requestState"]!.GetValue<string>(), again["requestState"]!.GetValue<string>());
        var refused = await ModernAsync(client, 3, Answer(key, """{"guests":99,"confirm":true}""") + State(again));
        Assert.Equal(-32602, refused["code"]!.GetValue<int>());
        Assert.Contains("guests", refused["message"]!.GetValue<string>(), StringComparison.Ordinal);
        var answer = Answer(key, """{"guests":9,"confirm":true}""") + State(again);
        var done = await ModernAsync(client, 4, answer);
        Assert.Equal("complete", done["resultType"]!.GetValue<string>());
        Assert.Equal(9, done["structuredContent"]!["guests"]!.GetValue<int>());
        Assert.Equal(-32602, (await ModernAsync(client, 5, answer))["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task Progress_after_the_answer_goes_to_the_request_that_brought_it()
    {
        await using var client = new RawStdioClient(TestServers.Samples());
        await SendModernAsync(client, 1, "", """{"elicitation":{}}""");
        var first = await client.ReadUntilAnswerAsync(1);
        Assert.All(first.SkipLast(1), message => Assert.Equal(1, message["params"]!["progressToken"]!.GetValue<int>()));
        Assert.Equal(2, first.Count - 1);
        var asked = first[^1]["result"]!;
        var key = asked["inputRequests"]!.AsObject().Single().Key;
        await SendModernAsync(client, 2, Answer(key, """{"confirm":true}""") + State(asked), """{"elicitation":{}}""");
        var second = await client.ReadUntilAnswerAsync(2);
        var progress = Assert.Single(second.SkipLast(1));
        Assert.Equal(2, progress["params"]!["progressToken"]!.GetValue<int>());
        Assert.Equal("Booking", progress["params"]!["message"]!.GetValue<string>());
    }

    private static string Answer(string key, string content) => $",\"inputResponses\":{{\"{key}\":{{\"action\":\"accept\",\"content\":{content}}}}}";

    private static string State(JsonNode asked) => $",\"requestState\":\"{asked["requestState"]!.GetValue<string>()}\"";

    private static Task SendModernAsync(RawStdioClient client, int id, string more, string capabilities)
    {
        var meta = $$"""{"progressToken":{{id}},"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{capabilities}}}""";
        return client.SendAsync($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"book_table","arguments":{"restaurant":"Luigi"},"_meta":{{{meta}}}{{{more}}} }}""");
    }

    private static async Task<JsonNode> ModernAsync(RawStdioClient client, int id, string more = "", string capabilities = """{"elicitation":{}}""")
    {
        await SendModernAsync(client, id, more, capabilities);
        var answer = (await client.ReadUntilAnswerAsync(id))[^1];
        return answer["result"] ?? answer["error"]!;
    }
}
