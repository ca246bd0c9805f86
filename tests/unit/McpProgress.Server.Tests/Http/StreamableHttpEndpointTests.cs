using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Http;

public sealed class StreamableHttpEndpointTests
{
    private const string ProbeCall = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"probe","arguments":{},"_meta":{"progressToken":1}}}""";

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task A_modern_call_streams_its_progress_and_its_result(string slash)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.ModernCall("process_items", """{"items":["a","b"]}""");
        request.RequestUri = new Uri(server.Host.Url + slash);
        using var response = await server.SendAsync(request);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.False(response.Headers.Contains("Mcp-Session-Id"));
        var events = await RawHttp.EventsAsync(response);
        Assert.Equal([1, 2, 2], events.SkipLast(1).Select(message => message["params"]!["progress"]!.GetValue<int>()));
        Assert.Equal("complete", events[^1]["result"]!["resultType"]!.GetValue<string>());
        Assert.Equal(0, server.Host.Endpoint.SessionCount);
    }

    [Fact]
    public async Task A_session_lives_from_initialize_to_delete()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var session = await server.InitializeAsync();
        Assert.Equal(1, server.Host.Endpoint.SessionCount);

        using (var accepted = await server.SendAsync(RawHttp.Post("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", session)))
        {
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            Assert.Empty(await accepted.Content.ReadAsByteArrayAsync());
        }

        using (var called = await server.SendAsync(RawHttp.Post("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"process_items","arguments":{"items":["a"]},"_meta":{"progressToken":0}}}""", session)))
        {
            var events = await RawHttp.EventsAsync(called);
            Assert.Equal(["processing a", "done"], events.SkipLast(1).Select(message => message["params"]!["message"]!.GetValue<string>()));
            Assert.Equal(7, events[^1]["id"]!.GetValue<int>());
            Assert.Null(events[^1]["result"]!["resultType"]);
        }

        using var deleted = await server.SendAsync(RawHttp.Request(HttpMethod.Delete, session));
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var gone = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(0, server.Host.Endpoint.SessionCount);
    }

    [Fact]
    public async Task Without_a_session_only_initialize_is_served()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        foreach (var request in new[] { RawHttp.Post(ProbeCall), RawHttp.Request(HttpMethod.Get), RawHttp.Request(HttpMethod.Delete) })
        {
            using var response = await server.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task An_initialize_that_fails_leaves_no_session()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.Post("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":5}}"""));
        Assert.NotNull(Assert.Single(await RawHttp.EventsAsync(response))["error"]);
        Assert.Equal(0, server.Host.Endpoint.SessionCount);
    }

    [Fact]
    public async Task The_get_stream_opens_at_once_a_second_takes_its_place_and_delete_ends_it()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var session = await server.InitializeAsync();
        using var first = await server.SendAsync(RawHttp.Request(HttpMethod.Get, session));
        Assert.Equal("text/event-stream", first.Content.Headers.ContentType!.MediaType);
        using var second = await server.SendAsync(RawHttp.Request(HttpMethod.Get, session));
        Assert.Empty(await RawHttp.EventsAsync(first));
        using var deleted = await server.SendAsync(RawHttp.Request(HttpMethod.Delete, session));
        Assert.Empty(await RawHttp.EventsAsync(second));
    }

    [Fact]
    public async Task A_modern_client_that_closes_the_response_cancels_its_call()
    {
        var probe = new ProbeTool();
        await using var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        using (await server.SendAsync(RawHttp.ModernCall("probe")))
        {
            await probe.Started.Soon();
        }

        await probe.Cancelled.Soon();
    }

    [Fact]
    public async Task In_a_session_a_closed_response_does_not_cancel_the_call()
    {
        var probe = new ProbeTool();
        await using var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await server.InitializeAsync();
        using (await server.SendAsync(RawHttp.Post(ProbeCall, session)))
        {
            await probe.Started.Soon();
        }

        // The session still answers, and the call runs on to its end.
        using var echo = await server.SendAsync(RawHttp.Post("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}}""", session));
        await RawHttp.EventsAsync(echo);
        Assert.False(probe.Cancelled.IsCompleted);
        probe.Release();
        await probe.Finished.Soon();
    }

    [Fact]
    public async Task In_a_session_the_notification_cancels_and_ends_the_response()
    {
        var probe = new ProbeTool();
        await using var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await server.InitializeAsync();
        using var call = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        await probe.Started.Soon();
        using var cancel = await server.SendAsync(RawHttp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""", session));
        await probe.Cancelled.Soon();
        Assert.Equal("notifications/progress", Assert.Single(await RawHttp.EventsAsync(call))["method"]!.GetValue<string>());
    }

    [Fact]
    public async Task Deleting_a_session_cancels_its_calls()
    {
        var probe = new ProbeTool();
        await using var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await server.InitializeAsync();
        using var call = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        await probe.Started.Soon();
        using var deleted = await server.SendAsync(RawHttp.Request(HttpMethod.Delete, session));
        await probe.Cancelled.Soon();
    }

    [Fact]
    public async Task Two_running_requests_of_one_session_have_different_ids()
    {
        var probe = new ProbeTool();
        await using var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await server.InitializeAsync();
        using var call = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        await probe.Started.Soon();
        using var again = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        probe.Release();
        Assert.Equal(1, (await RawHttp.EventsAsync(call))[^1]["id"]!.GetValue<int>());
    }

    [Fact]
    public async Task The_longest_idle_session_makes_room_and_if_none_is_idle_the_newcomer_is_refused()
    {
        var time = new ManualTimeProvider();
        await using var server = await RawHttp.StartAsync(Clocked(time), new HttpServerOptions { MaxSessions = 2 });
        var first = await server.InitializeAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        var second = await server.InitializeAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        var third = await server.InitializeAsync();
        using var evicted = await server.SendAsync(RawHttp.Request(HttpMethod.Get, first));
        Assert.Equal(HttpStatusCode.NotFound, evicted.StatusCode);

        using var busy2 = await server.SendAsync(RawHttp.Request(HttpMethod.Get, second));
        using var busy3 = await server.SendAsync(RawHttp.Request(HttpMethod.Get, third));
        using var refused = await server.SendAsync(RawHttp.Post(RawHttp.Initialize));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(2, server.Host.Endpoint.SessionCount);
    }

    [Fact]
    public async Task An_idle_session_expires_and_one_with_an_open_stream_does_not()
    {
        var time = new ManualTimeProvider();
        await using var server = await RawHttp.StartAsync(Clocked(time), new HttpServerOptions { SessionIdleTimeout = TimeSpan.FromMinutes(4) });
        await server.InitializeAsync();
        var listening = await server.InitializeAsync();
        using var stream = await server.SendAsync(RawHttp.Request(HttpMethod.Get, listening));
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(2, server.Host.Endpoint.SessionCount);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, server.Host.Endpoint.SessionCount);
    }

    [Theory]
    [InlineData("not json", "application/json", 400)]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"ping"}""", "application/json", 400)]
    [InlineData("[]", "application/json", 400)]
    [InlineData("{}", "text/plain", 415)]
    public async Task A_body_that_is_no_message_is_refused(string body, string type, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Request(HttpMethod.Post);
        request.Content = new StringContent(body, Encoding.UTF8, type);
        using var response = await server.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotNull(await RawHttp.ErrorAsync(response));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":"\ud800","method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"\ud800"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{},"_meta":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"\udc00":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"\ud800"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\ud800","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\ud800"}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"requestId":2}}""")]
    public async Task A_message_with_half_a_character_or_a_doubled_member_is_refused(string body)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Post(body, await server.InitializeAsync());
        if (body.Contains("2026-07-28", StringComparison.Ordinal))
        {
            request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
            request.Headers.Add("Mcp-Method", "tools/call");
            request.Headers.Add("Mcp-Name", "echo");
        }

        using var response = await server.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull(await RawHttp.ErrorAsync(response));
    }

    [Fact]
    public async Task A_body_beyond_the_bound_is_refused()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples(), new HttpServerOptions { MaxBodyBytes = 10_000 });
        using var large = await server.SendAsync(RawHttp.ModernCall("echo", $$"""{"text":"{{new string('x', 20_000)}}"}"""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var fitting = await server.SendAsync(RawHttp.ModernCall("echo", $$"""{"text":"{{new string('x', 9_000)}}"}"""));
        Assert.Equal(HttpStatusCode.OK, fitting.StatusCode);
    }

    [Theory]
    [InlineData("application/json", 406)]
    [InlineData("text/html", 406)]
    [InlineData("*/*", 200)]
    [InlineData("application/json;q=0.9, text/*", 200)]
    public async Task A_client_must_accept_both_forms_of_answer(string accept, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.ModernCall("echo", """{"text":"x"}""", change: request =>
        {
            request.Headers.Remove("Accept");
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "/mcp", 405)]
    [InlineData("OPTIONS", "/mcp", 405)]
    [InlineData("POST", "/", 404)]
    [InlineData("GET", "/mcp/x", 404)]
    public async Task Other_methods_and_paths_are_refused(string method, string path, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Request(new HttpMethod(method));
        request.RequestUri = new Uri(new Uri(server.Host.Url), path);
        using var response = await server.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Stopping_cancels_calls_and_ends_streams()
    {
        var probe = new ProbeTool();
        var server = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await server.InitializeAsync();
        using var stream = await server.SendAsync(RawHttp.Request(HttpMethod.Get, session));
        using var call = await server.SendAsync(RawHttp.Post(ProbeCall, session));
        await probe.Started.Soon();
        await server.Host.DisposeAsync().AsTask().Soon();
        await probe.Cancelled.Soon();
        Assert.Empty(await RawHttp.EventsAsync(stream));
    }

    [Fact]
    public async Task A_session_that_ends_just_when_it_was_found_is_not_found()
    {
        // Looking at the clock is the last that is done with a session before it gets its request.
        var time = new InterruptingTimeProvider();
        await using var endpoint = new StreamableHttpEndpoint(Clocked(time), new HttpServerOptions(), NullLoggerFactory.Instance);
        var initialize = new MemoryExchange("POST", RawHttp.Initialize);
        await endpoint.HandleAsync(initialize).Soon();
        var session = initialize.ResponseHeaders["Mcp-Session-Id"];
        time.Interruption = () => endpoint.HandleAsync(new MemoryExchange("DELETE").With("Mcp-Session-Id", session)).Soon().GetAwaiter().GetResult();
        var ping = new MemoryExchange("POST", """{"jsonrpc":"2.0","id":7,"method":"ping"}""").With("Mcp-Session-Id", session);
        await endpoint.HandleAsync(ping).Soon();
        Assert.Equal(404, ping.Status);
        Assert.Equal(7, JsonNode.Parse(ping.Text)!["id"]!.GetValue<int>());
    }

    private static ToolServerOptions Clocked(TimeProvider time) =>
        new() { Tools = new ToolSet([new ProbeTool().Tool]), TimeProvider = time };

    /// <summary>A clock on which something happens the next time somebody looks at it.</summary>
    private sealed class InterruptingTimeProvider : TimeProvider
    {
        public Action? Interruption { get; set; }

        public override long GetTimestamp()
        {
            var interruption = Interruption;
            Interruption = null;
            interruption?.Invoke();
            return base.GetTimestamp();
        }
    }
}
