using System.Text.Json.Nodes;
using McpProgress.Server.Http;
using McpProgress.Server.Tests.Support;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Http;

public sealed class EventStreamTests
{
    [Fact]
    public async Task A_sign_of_life_is_a_comment_and_carries_the_headers()
    {
        var exchange = new MemoryExchange("POST");
        await new EventStream(exchange).KeepAliveAsync().Soon();

        Assert.Equal("text/event-stream", exchange.ResponseHeaders["Content-Type"]);
        Assert.Equal(": alive\n\n", exchange.Text);
    }

    [Fact]
    public async Task A_refusal_is_its_one_message_though_a_sign_of_life_is_due_at_that_very_moment()
    {
        var exchange = new MemoryExchange("POST");
        var events = new EventStream(exchange);
        var writer = events.Open(400)!;
        await events.KeepAliveAsync().Soon();
        await writer.WriteAsync(new JsonRpcError { Id = new RequestId(1), Error = new() { Code = -32021, Message = "no" } }).Soon();
        await events.KeepAliveAsync().Soon();

        Assert.Equal(400, exchange.Status);
        Assert.Equal("application/json", exchange.ResponseHeaders["Content-Type"]);
        Assert.Equal(-32021, (int)JsonNode.Parse(exchange.Text)!["error"]!["code"]!);
    }
}
