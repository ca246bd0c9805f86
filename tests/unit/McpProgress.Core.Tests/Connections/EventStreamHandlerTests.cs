using System.Net;
using System.Net.Http.Headers;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Connections;

/// <summary>The session's event stream is asked for until there is one.</summary>
public sealed class EventStreamHandlerTests
{
    private readonly ManualTimeProvider _time = new();
    private int _broken;

    [Fact]
    public async Task It_is_asked_for_until_the_server_answers()
    {
        var requests = 0;
        using HttpMessageInvoker client = Client(() => ++requests switch
        {
            <= 10 => throw new HttpRequestException("refused"),
            <= 20 => new HttpResponseMessage(HttpStatusCode.BadGateway),
            _ => new HttpResponseMessage(HttpStatusCode.OK),
        });
        using HttpRequestMessage request = Request("GET");
        Task<HttpResponseMessage> asking = client.SendAsync(request, CancellationToken.None);
        for (int i = 0; i < 20; i++)
        {
            Assert.False(asking.IsCompleted);
            await _time.TimerAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(HttpStatusCode.OK, (await asking.Within()).StatusCode);
        Assert.Equal(21, requests);
        Assert.Equal(20, _broken);
    }

    [Theory]
    [InlineData("GET", null, HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", null, HttpStatusCode.NotFound)]
    [InlineData("GET", "7", HttpStatusCode.BadGateway)]
    [InlineData("POST", null, HttpStatusCode.BadGateway)]
    [InlineData("DELETE", null, HttpStatusCode.BadGateway)]
    public async Task Every_other_answer_is_the_answer(string method, string? lastEventId, HttpStatusCode status)
    {
        using HttpMessageInvoker client = Client(() => new HttpResponseMessage(status));
        using HttpRequestMessage request = Request(method);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        Assert.Equal(status, (await client.SendAsync(request, CancellationToken.None).Within()).StatusCode);
        Assert.Equal(0, _broken);
    }

    [Fact]
    public async Task A_document_is_no_stream()
    {
        using HttpMessageInvoker client = Client(() => new HttpResponseMessage(HttpStatusCode.BadGateway));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://server/.well-known/oauth-protected-resource");

        Assert.Equal(HttpStatusCode.BadGateway, (await client.SendAsync(request, CancellationToken.None).Within()).StatusCode);
        Assert.Equal(0, _broken);
    }

    private static HttpRequestMessage Request(string method) =>
        new(new HttpMethod(method), "http://server/mcp") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };

    private HttpMessageInvoker Client(Func<HttpResponseMessage> answer) => new(new EventStreamHandler(new Answering(answer), () => _broken++, _time));

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer());
    }
}
