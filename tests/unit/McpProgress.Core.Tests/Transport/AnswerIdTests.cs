using System.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class AnswerIdTests
{
    private static readonly string Huge = new('x', 5000);

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":{\"text\":\"HUGE\"}}")]
    [InlineData("{ \"id\" : 17 , \"jsonrpc\" : \"2.0\", \"result\" : \"HUGE\" }")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"result\":{\"text\":\"HUGE\"},\"id\":17}")]
    [InlineData("{\"result\":{\"text\":\"HUGE\"},\"jsonrpc\":\"2.0\",\"id\":17}")]
    [InlineData("{\"result\":{\"text\":\"HUGE\"},\"id\":17,\"jsonrpc\":\"2.0\"} ")]
    [InlineData("{\"result\":[\"HUGE\"], \"id\": 17 }\r")]
    [InlineData("{\"error\":{\"code\":1,\"message\":\"HUGE\"},\"id\":17}")]
    public void The_id_is_found_at_either_end(string line) => Assert.Equal(17L, Find(line));

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"seventeen\",\"result\":\"HUGE\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"result\":\"HUGE\",\"id\":\"seventeen\"}")]
    public void The_id_may_be_text(string line) => Assert.Equal("seventeen", Find(line));

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"HUGE\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":17,\"method\":\"sampling/createMessage\",\"params\":{\"data\":\"HUGE\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"sampling/createMessage\",\"params\":{\"data\":\"HUGE\"},\"id\":17}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"data\":\"HUGE\",\"id\":17}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"result\":{\"data\":\"HUGE\",\"id\":17}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"result\":\"HUGE \\\"id\\\":17}\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":\"HUGE\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"result\":\"HUGE\"}")]
    [InlineData("\"id\":17,HUGE")]
    [InlineData("{\"id\":17,\"level\":\"info\",\"message\":\"HUGE\"}")]
    [InlineData("{\"level\":\"info\",\"message\":\"HUGE\",\"id\":17}")]
    [InlineData("HUGE")]
    [InlineData("[HUGE]")]
    public void What_is_no_answer_has_no_id(string line) => Assert.Null(Find(line));

    [Fact]
    public void Bytes_that_are_no_text_are_no_answer()
    {
        byte[] noise = new byte[256];
        new Random(3).NextBytes(noise);
        Assert.Null(AnswerId.Find(noise, noise));
        Assert.Null(AnswerId.Find([.. "{\"id\":\""u8, 0xff, 0xfe, (byte)'"', (byte)','], noise));
    }

    private static object? Find(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line.Replace("HUGE", Huge, StringComparison.Ordinal));
        return AnswerId.Find(bytes.AsSpan(0, 256), bytes.AsSpan(bytes.Length - 256))?.Id;
    }
}
