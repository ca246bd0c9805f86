using System.Text.Json.Nodes;
using McpProgress.Server.Http;
using McpProgress.Server.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Http;

/// <summary>A client that is gone with the question of its task; whoever takes the task up gets it again.</summary>
#pragma warning disable CA1001 // xUnit calls DisposeAsync of IAsyncLifetime.
public sealed class LostQuestionTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Question = "elicitation/create";
    private const string Result = "structuredContent";

    private readonly StreamableHttpEndpoint _endpoint = new(TestServers.Samples(), new HttpServerOptions(), NullLoggerFactory.Instance);
    private string _first = "";
    private string _task = "";

    public async Task InitializeAsync()
    {
        _first = await OpenAsync();
        var call = Post(_first, 1, "tools/call", """{"name":"book_table","arguments":{"restaurant":"Luigi"},"task":{}}""");
        await _endpoint.HandleAsync(call).Soon();
        _task = Messages(call)[^1]["result"]!["task"]!["taskId"]!.GetValue<string>();
    }

    public Task DisposeAsync() => _endpoint.DisposeAsync().AsTask();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_comes_again_to_another_session_and_to_the_same_one(bool another)
    {
        var (lost, handled) = await AskedAsync(_first, 2);
        lost.Abort();
        await handled.Soon();
        var session = another ? await OpenAsync() : _first;
        var (again, _) = await AskedAsync(session, 3);
        await AnswerAsync(session, again, guests: 4);
        await again.HasAsync(Result);
        Assert.Equal(4, Messages(again)[^1]["result"]![Result]!["guests"]!.GetValue<int>());
    }

    [Fact]
    public async Task An_answer_of_the_one_thought_lost_counts_when_it_is_the_first()
    {
        var (lost, handled) = await AskedAsync(_first, 2);
        lost.Abort();
        await handled.Soon();
        var session = await OpenAsync();
        var (again, ended) = await AskedAsync(session, 3);
        await AnswerAsync(_first, lost, guests: 5);
        await again.HasAsync(Result);
        Assert.Equal(5, Messages(again)[^1]["result"]![Result]!["guests"]!.GetValue<int>());
        await ended.Soon();
        await AnswerAsync(session, again, guests: 6);
    }

    [Fact]
    public async Task The_end_of_a_session_leaves_its_question_to_others()
    {
        await AskedAsync(_first, 2);
        var session = await OpenAsync();
        var (again, _) = await AskedAsync(session, 3);
        await _endpoint.HandleAsync(new MemoryExchange("DELETE").With("Mcp-Session-Id", _first)).Soon();
        await AnswerAsync(session, again, guests: 4);
        await again.HasAsync(Result);
        Assert.Equal(4, Messages(again)[^1]["result"]![Result]!["guests"]!.GetValue<int>());
    }

    private async Task<string> OpenAsync()
    {
        var initialize = new MemoryExchange("POST", RawHttp.Initialize.Replace("\"capabilities\":{}", "\"capabilities\":{\"elicitation\":{}}", StringComparison.Ordinal));
        await _endpoint.HandleAsync(initialize).Soon();
        var session = initialize.ResponseHeaders["Mcp-Session-Id"];
        await _endpoint.HandleAsync(new MemoryExchange("POST", """{"jsonrpc":"2.0","method":"notifications/initialized"}""").With("Mcp-Session-Id", session)).Soon();
        return session;
    }

    // Asks for the result, and waits until the question comes instead.
    private async Task<(MemoryExchange Exchange, Task Handled)> AskedAsync(string session, int id)
    {
        var exchange = Post(session, id, "tasks/result", $$"""{"taskId":"{{_task}}"}""");
        var handled = _endpoint.HandleAsync(exchange);
        await exchange.HasAsync(Question);
        return (exchange, handled);
    }

    private async Task AnswerAsync(string session, MemoryExchange asked, int guests)
    {
        var id = Messages(asked).Single(message => message["method"]?.GetValue<string>() == Question)["id"]!.ToJsonString();
        var answer = $$$$"""{"jsonrpc":"2.0","id":{{{{id}}}},"result":{"action":"accept","content":{"confirm":true,"guests":{{{{guests}}}}}}}""";
        var exchange = new MemoryExchange("POST", answer).With("Mcp-Session-Id", session);
        await _endpoint.HandleAsync(exchange).Soon();
        Assert.Equal(202, exchange.Status);
    }

    private static MemoryExchange Post(string session, int id, string method, string parameters) =>
        new MemoryExchange("POST", $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""").With("Mcp-Session-Id", session);

    private static List<JsonNode> Messages(MemoryExchange exchange) =>
        [.. exchange.Text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!)];
}
