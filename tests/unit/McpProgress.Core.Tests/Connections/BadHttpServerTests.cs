using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Connections;

/// <summary>Every kind of bad web server ends in its error, in time.</summary>
public sealed class BadHttpServerTests
{
    [Theory]
    [InlineData("401", "-Token")]
    [InlineData("403", "403")]
    [InlineData("404", "/mcp")]
    [InlineData("500", "500")]
    [InlineData("wrong-type", "MCP server")]
    [InlineData("plain-tcp-garbage", "could not be reached")]
    public async Task Who_is_refused_is_told_why(string fault, string words)
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync(fault);
        McpFailureException failure = await ServerConnection.ConnectAsync("web", server.Endpoint).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nobody_listens()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        McpFailureException failure = await ServerConnection.ConnectAsync("nobody", new HttpEndpoint(new Uri($"http://127.0.0.1:{port}/mcp"))).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("could not be reached", failure.Message, StringComparison.Ordinal);
        Assert.Contains("host and port", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_asked_for_TLS()
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync("echo");
        var endpoint = new HttpEndpoint(new UriBuilder(server.Uri) { Scheme = "https" }.Uri);
        McpFailureException failure = await ServerConnection.ConnectAsync("tls", endpoint).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("TLS", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = new HttpEndpoint(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/mcp"));
        McpFailureException failure = await ServerConnection.ConnectAsync(
            "silent", endpoint, new ConnectionOptions { ConnectTimeout = TimeSpan.FromSeconds(1) }).FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("within 1 s", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--era", "modern")]
    public async Task A_good_server_works_in_both_eras(params string[] era)
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync(["echo", .. era]);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("web", server.Endpoint).Within();
        Assert.Equal(era.Contains("modern") ? "2026-07-28" : "2025-11-25", connection.ProtocolVersion);
        Assert.Equal(["echo", "add", "grow", "count"], (await connection.GetToolsAsync().Within()).Select(tool => tool.Name));
        var observer = new RecordingObserver();
        await connection.CallToolAsync(new ToolCallRequest("count", new JsonObject { ["n"] = 50 }) { Observer = observer }).Within();
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (double)i), observer.Updates.Select(update => update.Progress));
    }

    [Theory]
    [InlineData]
    [InlineData("--era", "modern")]
    public async Task A_connection_cut_in_the_middle_of_a_stream(params string[] era)
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync(["cut", .. era]);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("cut", server.Endpoint).Within();
        var observer = new RecordingObserver();
        await connection.CallToolAsync(new ToolCallRequest("cut", []) { Observer = observer }).FailureAsync(ErrorIds.ConnectionLost);

        // A reset may take with it what the client has not read yet, but never the one before another.
        double[] seen = [.. observer.Updates.Select(update => update.Progress)];
        Assert.Equal(((double[])[1, 2])[..seen.Length], seen);
        Assert.Equal(0, connection.CallsInFlight);
    }

    [Fact]
    public async Task A_redirect_to_another_origin_does_not_take_the_token_along()
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync("redirect");
        await using ServerConnection connection = await ServerConnection.ConnectAsync("moved", server.Endpoint with { Token = new Secret("s3cret") }).Within();
        await server.SaidAsync("redirected, authorization absent");
        Assert.DoesNotContain("redirected, authorization present", server.Errors);
    }

    [Fact]
    public async Task A_redirect_to_another_origin_does_not_take_the_users_headers_along()
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync("redirect");
        var headers = new Dictionary<string, string> { ["x-api-key"] = "s3cret", ["Authorization"] = "Basic s3cret" };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("moved", server.Endpoint with { Headers = headers }).Within();
        await server.SaidAsync("redirected, x-api-key absent");
        Assert.DoesNotContain("redirected, x-api-key present", server.Errors);
        Assert.DoesNotContain("redirected, authorization present", server.Errors);
    }

    [Fact]
    public async Task A_session_that_is_forgotten()
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync("session-lost");
        await using ServerConnection connection = await ServerConnection.ConnectAsync("lost", server.Endpoint).Within();
        await connection.CallToolAsync(new ToolCallRequest("echo", [])).FailureAsync(ErrorIds.ConnectionLost);
        Assert.Equal(ConnectionStatus.Lost, connection.Status);
    }

    [Theory]
    [InlineData]
    [InlineData("--era", "modern")]
    public async Task A_cancelled_call_hangs_up(params string[] era)
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync(["never-result", .. era]);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("never", server.Endpoint).Within();
        using var cancel = new CancellationTokenSource();
        var observer = new RecordingObserver();
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("never", []) { Observer = observer }, cancel.Token);
        await observer.ReachedAsync(2);
        await cancel.CancelAsync();
        await call.FailureAsync(ErrorIds.Cancelled);
        await server.SaidAsync("client gone");
    }
}
