using System.Text;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Transport;

/// <summary>That it agrees with the SDK's serializer is a property test (Properties).</summary>
public sealed class AnswerLineTests
{
    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":2147483648,"result":{"content":[{"type":"text","text":"a \"b\""}]}}""")]
    [InlineData(""" { "result" : {"content":[{"type":"text","text":"a \"b\""}]} , "id" : 2147483648 , "jsonrpc" : "2.0" } """)]
    public void A_result_is_read(string line)
    {
        JsonRpcResponse answer = Assert.IsType<JsonRpcResponse>(Read(line));

        Assert.Equal(new RequestId(2147483648), answer.Id);
        Assert.Equal("a \"b\"", (string?)answer.Result!["content"]![0]!["text"]);
        Assert.NotNull(answer.Result["Content"]);
    }

    [Fact]
    public void An_error_is_read()
    {
        JsonRpcError answer = Assert.IsType<JsonRpcError>(Read("""{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"Method not found"}}"""));

        Assert.Equal((-32601, "Method not found"), (answer.Error.Code, answer.Error.Message));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/message","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"7","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7.5,"result":{}}""")]
    [InlineData("""{"jsonrpc":"1.0","jsonrpc":"2.0","id":7,"result":{}}""")]
    [InlineData("""{"id":7,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":""}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"","data":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":{"code":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":null}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{}} {}""")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"result":{}}]""")]
    [InlineData("Listening on port 80")]
    [InlineData("")]
    public void The_rest_is_left_to_the_serializer(string line)
    {
        Assert.Null(Read(line));
    }

    private static JsonRpcMessageWithId? Read(string line) => AnswerLine.TryRead(Encoding.UTF8.GetBytes(line), out JsonRpcMessageWithId? answer) ? answer : null;
}
