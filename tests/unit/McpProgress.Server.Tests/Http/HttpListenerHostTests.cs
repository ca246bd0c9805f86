using System.Diagnostics;
using System.Net;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
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
    public async Task It_pauses_when_requests_cannot_be_accepted()
    {
        // One that was never started refuses every time.
        var time = new ManualTimeProvider();
        var log = new CountingLogger();
        var endpoint = new StreamableHttpEndpoint(TestServers.Samples(), new HttpServerOptions(), NullLoggerFactory.Instance);
        var host = await Task.Run(() => new HttpListenerHost(new HttpListener(), endpoint, "localhost", 1, log, time)).Soon();
        for (var failures = 1; failures <= 3; failures++)
        {
            await time.ArmedAsync(HttpListenerHost.Pause);
            Assert.Equal(failures, log.Warnings);
            time.Advance(HttpListenerHost.Pause);
        }

        await host.DisposeAsync().AsTask().Soon();
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

    [Fact]
    public async Task The_answer_to_HEAD_has_no_body()
    {
        await using var host = Start();
        using var connection = await RawConnection.SendAsync(host.Port, "HEAD", "Connection: close\r\n\r\n");
        var answer = await connection.EndAsync();
        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_refused_before_their_body_has_come_hold_up_nobody()
    {
        var time = new ManualTimeProvider();
        await using var host = Start(time, "secret");
        var stalled = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => RawConnection.PostAsync(host.Port, 1000, "{")));
        var waited = Stopwatch.StartNew();
        using var served = await SendAsync(host, RawHttp.ModernCall("echo", """{"text":"x"}""", change: request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer secret")));
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);

        // It took 27 seconds when each of them took a thread.
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), $"it waited {waited.Elapsed}");
        Array.ForEach(stalled, connection => connection.Dispose());
    }

    [Fact]
    public async Task A_refused_request_gets_its_answer_first_and_loses_its_connection_when_its_body_does_not_come()
    {
        var time = new ManualTimeProvider();
        await using var host = Start(time, "secret");
        using var connection = await RawConnection.PostAsync(host.Port, 1000, "{");
        var head = await connection.HeadAsync();
        Assert.StartsWith("HTTP/1.1 401 ", head, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", head, StringComparison.OrdinalIgnoreCase);
        await time.ArmedAsync(StreamableHttpEndpoint.BodyPatience);
        time.Advance(StreamableHttpEndpoint.BodyPatience);
        await connection.EndAsync();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3_000_000)]
    public async Task A_refused_client_that_sends_its_body_in_full_gets_its_answer(int length)
    {
        await using var host = Start(new ManualTimeProvider(), "secret");
        for (var round = 0; round < 3; round++)
        {
            using var response = await SendAsync(host, RawHttp.Post(new string('x', length)));
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.NotNull(await RawHttp.ErrorAsync(response));
        }
    }

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\n{")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")]
    public async Task A_body_that_is_not_finished_in_time_is_refused(string rest)
    {
        var time = new ManualTimeProvider();
        await using var host = Start(time);
        using var connection = await RawConnection.PostAsync(host.Port, rest);
        await time.ArmedAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 408 ", await connection.HeadAsync(), StringComparison.Ordinal);
        await time.ArmedAsync(StreamableHttpEndpoint.BodyPatience);
        time.Advance(StreamableHttpEndpoint.BodyPatience);
        await connection.EndAsync();
    }

    [Fact]
    public async Task Stopping_waits_for_no_body()
    {
        var time = new ManualTimeProvider();
        var host = Start(time);
        using var connection = await RawConnection.PostAsync(host.Port, 1000, "{");
        await time.ArmedAsync(TimeSpan.FromSeconds(30));
        await host.DisposeAsync().AsTask().Soon();
        await connection.EndAsync();
    }

    public void Dispose() => _client.Dispose();

    private static HttpListenerHost Start(params ServerTool[] more) =>
        HttpListenerHost.Start(TestServers.Samples(0, more), new HttpServerOptions(), port: 0, NullLoggerFactory.Instance);

    private static HttpListenerHost Start(TimeProvider time, string? token = null) =>
        HttpListenerHost.Start(
            new ToolServerOptions { Tools = TestServers.Samples().Tools, TimeProvider = time }, new HttpServerOptions { Token = token }, port: 0, NullLoggerFactory.Instance);

    private Task<HttpResponseMessage> SendAsync(HttpListenerHost host, HttpRequestMessage request)
    {
        request.RequestUri = new Uri(host.Url);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
