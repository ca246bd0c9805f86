using System.Text;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Http;

/// <summary>Bodies that do not come, or not to their end: what they may hold, and for how long.</summary>
#pragma warning disable CA1001 // xUnit calls DisposeAsync of IAsyncLifetime.
public sealed class RequestBodyTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Ping = """{"jsonrpc":"2.0","id":1,"method":"ping"}""";

    private readonly ManualTimeProvider _time = new();
    private readonly ToolServerOptions _tools;
    private readonly StreamableHttpEndpoint _endpoint;

    public RequestBodyTests()
    {
        _tools = new ToolServerOptions { Tools = TestServers.Samples().Tools, TimeProvider = _time };
        _endpoint = new StreamableHttpEndpoint(_tools, new HttpServerOptions { MaxBodyBytes = 20_000, MaxBodyBytesAtOnce = 0 }, NullLoggerFactory.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _endpoint.DisposeAsync().AsTask();

    [Fact]
    public async Task A_body_that_is_not_finished_in_time_is_refused_and_its_connection_dropped()
    {
        var late = new MemoryExchange("POST", "{") { Unfinished = true };
        var handled = _endpoint.HandleAsync(late);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(late.Text);
        _time.Advance(TimeSpan.FromSeconds(1));
        await late.HasAsync("Request Timeout");
        Assert.Equal(408, late.Status);
        Assert.Equal("close", late.ResponseHeaders["Connection"]);

        await _time.ArmedAsync(StreamableHttpEndpoint.BodyPatience);
        Assert.False(late.IsDropped);
        _time.Advance(StreamableHttpEndpoint.BodyPatience);
        await handled.Soon();
        Assert.True(late.IsDropped);
    }

    [Fact]
    public async Task A_request_that_is_refused_unread_is_answered_at_once()
    {
        var foreign = new MemoryExchange("POST", "{") { Unfinished = true }.With("Host", "evil.example");
        var handled = _endpoint.HandleAsync(foreign);
        await foreign.HasAsync("Forbidden");
        Assert.Equal("close", foreign.ResponseHeaders["Connection"]);
        Assert.Equal($"{Encoding.UTF8.GetByteCount(foreign.Text)}", foreign.ResponseHeaders["Content-Length"]);
        _time.Advance(StreamableHttpEndpoint.BodyPatience);
        await handled.Soon();
        Assert.True(foreign.IsDropped);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "not a message")]
    [InlineData("PUT", "not wanted")]
    public async Task A_refused_request_that_is_all_there_keeps_its_connection(string method, string body)
    {
        var refused = new MemoryExchange(method, body);
        await _endpoint.HandleAsync(refused).Soon();
        Assert.InRange(refused.Status, 400, 499);
        Assert.False(refused.ResponseHeaders.ContainsKey("Connection"));
        Assert.False(refused.IsDropped);
    }

    [Fact]
    public async Task Bodies_have_a_bound_together_which_small_ones_need_not_heed()
    {
        // There is room for two of the largest size.
        MemoryExchange[] stalled = [.. Enumerable.Range(0, 3).Select(_ => new MemoryExchange("POST", new string('x', 20_000)) { Unfinished = true })];
        Task[] handled = [.. stalled.Select(_endpoint.HandleAsync)];
        await stalled[2].HasAsync("Service Unavailable");
        Assert.Equal(503, stalled[2].Status);
        Assert.Equal("10", stalled[2].ResponseHeaders["Retry-After"]);

        // Without a session they are refused, but as messages that were read.
        Assert.Equal(400, await PingAsync());
        Assert.Equal(503, await PingAsync(blanks: 15_000));

        // What the first two had is there for others, again and again.
        _time.Advance(TimeSpan.FromSeconds(30));
        await stalled[0].HasAsync("Request Timeout");
        await stalled[1].HasAsync("Request Timeout");
        await _time.ArmedAsync(StreamableHttpEndpoint.BodyPatience);
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(400, await PingAsync(blanks: 15_000));
        }
    }

    [Fact]
    public async Task Stopping_waits_for_no_body()
    {
        var unfinished = new MemoryExchange("POST", "{") { Unfinished = true };
        var handled = _endpoint.HandleAsync(unfinished);
        await _endpoint.DisposeAsync();
        await handled.Soon();
        Assert.True(unfinished.IsDropped);
    }

    [Fact]
    public async Task Kestrel_does_so_too()
    {
        await using var server = await RawHttp.StartAsync(_tools, new HttpServerOptions { BodyTimeout = TimeSpan.FromSeconds(2) });
        using var connection = await RawConnection.PostAsync(server.Host.Port, 1000, "{");
        await _time.ArmedAsync(TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.StartsWith("HTTP/1.1 408 ", await connection.HeadAsync(), StringComparison.Ordinal);
        await _time.ArmedAsync(StreamableHttpEndpoint.BodyPatience);
        _time.Advance(StreamableHttpEndpoint.BodyPatience);
        await connection.EndAsync();
    }

    private async Task<int> PingAsync(int blanks = 0)
    {
        var ping = new MemoryExchange("POST", Ping + new string(' ', blanks));
        await _endpoint.HandleAsync(ping).Soon();
        return ping.Status;
    }
}
