using System.Net;
using McpProgress.Server.Http;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Http;

/// <summary>The same endpoint on the runtime's own listener.</summary>
public sealed class HttpListenerHostTests : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Waiting.Limit };

    [Fact]
    public async Task A_modern_call_streams_its_progress_and_its_result()
    {
        await using var host = Start();
        using var response = await SendAsync(host, RawHttp.ModernCall("process_items", """{"items":["a","b"]}"""));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var events = await RawHttp.EventsAsync(response);
        Assert.Equal([1, 2, 2], events.SkipLast(1).Select(message => message["params"]!["progress"]!.GetValue<int>()));
        Assert.NotNull(events[^1]["result"]);
    }

    [Fact]
    public async Task A_session_lives_from_initialize_to_delete_with_its_get_stream()
    {
        await using var host = Start();
        using var initialized = await SendAsync(host, RawHttp.Post(RawHttp.Initialize));
        await RawHttp.EventsAsync(initialized);
        var session = initialized.Headers.GetValues("Mcp-Session-Id").Single();
        using var noted = await SendAsync(host, RawHttp.Post("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", session));
        Assert.Equal(HttpStatusCode.Accepted, noted.StatusCode);
        using var stream = await SendAsync(host, RawHttp.Request(HttpMethod.Get, session));
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        using var deleted = await SendAsync(host, RawHttp.Request(HttpMethod.Delete, session));
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Empty(await RawHttp.EventsAsync(stream));
        using var gone = await SendAsync(host, RawHttp.Request(HttpMethod.Get, session));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task It_stops_every_time()
    {
        // The listener can be caught between two requests, in several places.
        for (var round = 0; round < 100; round++)
        {
            var host = Start();
            var stopped = Task.Run(async () => await host.DisposeAsync());
            await stopped.WaitAsync(Waiting.Limit);
        }
    }

    [Fact]
    public async Task A_modern_client_that_closes_the_response_cancels_its_call()
    {
        var probe = new ProbeTool();
        await using var host = Start(probe.Tool);
        using (await SendAsync(host, RawHttp.ModernCall("probe")))
        {
            await probe.Started.Soon();
        }

        await probe.Cancelled.Soon();
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Host", "evil.example")]
    public async Task Foreign_origins_and_hosts_are_refused(string header, string value)
    {
        await using var host = Start();
        using var response = await SendAsync(host, RawHttp.ModernCall("echo", """{"text":"x"}""", change: request => request.Headers.TryAddWithoutValidation(header, value)));

        // The listener itself turns foreign hosts away before the endpoint sees them.
        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"it was {response.StatusCode}");
    }

    [Fact]
    public async Task Stopping_ends_streams_and_calls()
    {
        var probe = new ProbeTool();
        var host = Start(probe.Tool);
        using var call = await SendAsync(host, RawHttp.ModernCall("probe"));
        await probe.Started.Soon();
        await host.DisposeAsync().AsTask().Soon();
        await probe.Cancelled.Soon();
    }

    public void Dispose() => _client.Dispose();

    private static HttpListenerHost Start(params ServerTool[] more) =>
        HttpListenerHost.Start(TestServers.Samples(0, more), new HttpServerOptions(), port: 0, NullLoggerFactory.Instance);

    private Task<HttpResponseMessage> SendAsync(HttpListenerHost host, HttpRequestMessage request)
    {
        request.RequestUri = new Uri(host.Url);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
