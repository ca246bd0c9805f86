using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Connections;

/// <summary>Streamable HTTP in both eras, against a server that a test holds in its hands.</summary>
public sealed class HttpConnectionTests
{
    public static readonly TheoryData<bool> Eras = [false, true];

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_call_gets_its_progress_in_order_and_then_its_result(bool modern)
    {
        await using var peer = new HttpPeer(modern);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        Assert.Equal(modern ? "2026-07-28" : "2025-11-25", connection.ProtocolVersion);
        Assert.Equal("peer", connection.ServerName);
        var observer = new RecordingObserver();
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("work", []) { Observer = observer });
        HttpPeer.Exchange exchange = await peer.NextAsync("tools/call");
        Assert.Equal(modern ? null : "s1", exchange.Headers.GetValueOrDefault("Mcp-Session-Id"));
        Assert.Equal(connection.ProtocolVersion, exchange.Headers["MCP-Protocol-Version"]);
        await exchange.BeginEventsAsync();
        for (int i = 1; i <= 500; i++)
        {
            await exchange.ProgressAsync(i, 500);
        }

        await exchange.EventAsync($$"""{"jsonrpc":"2.0","id":{{exchange.Id}},"result":{"content":[{"type":"text","text":"done"}]} }""");
        exchange.Close();
        ToolCallResult result = await call.Within();
        Assert.Equal("done", result.Text);
        Assert.Equal(500, result.ProgressCount);
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (double)i), observer.Updates.Select(update => update.Progress));
        Assert.True(connection.Statistics.BytesIn > 0 && connection.Statistics.BytesOut > 0);
    }

    [Fact]
    public async Task A_server_that_answers_discovery_with_an_empty_result_is_one_of_the_older_revision()
    {
        await using var peer = new HttpPeer(modern: false) { AnswersAnything = true };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();

        Assert.Equal("2025-11-25", connection.ProtocolVersion);
        Assert.Equal("peer", connection.ServerName);
        Assert.True(connection.Capabilities.ContainsKey("tools"));
    }

    [Fact]
    public async Task Cancelling_in_the_older_revision_sends_a_notification_with_the_id_of_the_call()
    {
        await using var peer = new HttpPeer(modern: false);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        using var cancel = new CancellationTokenSource();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, cancel.Token);
        await cancel.CancelAsync();
        await call.FailureAsync(ErrorIds.Cancelled);
        HttpPeer.Exchange cancelled = await peer.NextAsync("notifications/cancelled");
        Assert.Equal(exchange.Id, cancelled.Message!["params"]!["requestId"]!.ToJsonString());
        Assert.Equal("Cancelled by the user", (string?)cancelled.Message["params"]!["reason"]);
        await cancelled.RespondAsync(202, "text/plain", "");

        // Then there is no more use for the stream.
        await exchange.ClosedByClientAsync();
        await connection.DisposeAsync().AsTask().Within();
        Assert.Single(peer.Seen, "POST notifications/cancelled");
    }

    [Fact]
    public async Task Cancelling_what_is_no_call_tells_the_server_too()
    {
        await using var peer = new HttpPeer(modern: false);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        using var cancel = new CancellationTokenSource();
        Task list = connection.GetToolsAsync(cancellationToken: cancel.Token);
        HttpPeer.Exchange exchange = await peer.NextAsync("tools/list");
        await cancel.CancelAsync();
        await list.FailureAsync(ErrorIds.Cancelled);
        HttpPeer.Exchange cancelled = await peer.NextAsync("notifications/cancelled");
        Assert.Equal(exchange.Id, cancelled.Message!["params"]!["requestId"]!.ToJsonString());
        await cancelled.RespondAsync(202, "text/plain", "");
        await exchange.ClosedByClientAsync();
        await connection.DisposeAsync().AsTask().Within();
        Assert.Single(peer.Seen, "POST notifications/cancelled");
    }

    [Fact]
    public async Task Cancelling_in_the_newer_revision_closes_the_stream_and_sends_nothing()
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        using var cancel = new CancellationTokenSource();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, cancel.Token);
        await cancel.CancelAsync();
        await call.FailureAsync(ErrorIds.Cancelled);
        await exchange.ClosedByClientAsync();
        await connection.DisposeAsync().AsTask().Within();
        Assert.DoesNotContain("POST notifications/cancelled", peer.Seen);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task Silence_beyond_the_idle_timeout_ends_the_call(bool modern)
    {
        var time = new ManualTimeProvider();
        await using var peer = new HttpPeer(modern);
        await using ServerConnection connection = await ServerConnection.ConnectAsync(
            "peer", peer.Endpoint, new ConnectionOptions { Time = time, IdleTimeout = TimeSpan.FromSeconds(10) }).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(10));
        await call.FailureAsync(ErrorIds.IdleTimeout);
        if (!modern)
        {
            await (await peer.NextAsync("notifications/cancelled")).RespondAsync(202, "text/plain", "");
        }

        await exchange.ClosedByClientAsync();
    }

    [Fact]
    public async Task A_server_that_does_not_take_the_notification_gets_two_seconds_and_the_caller_waits_for_none_of_them()
    {
        var time = new ManualTimeProvider();
        await using var peer = new HttpPeer(modern: false);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint, new ConnectionOptions { Time = time }).Within();
        using var cancel = new CancellationTokenSource();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, cancel.Token);
        await cancel.CancelAsync();
        await call.FailureAsync(ErrorIds.Cancelled);
        await peer.NextAsync("notifications/cancelled");
        time.Advance(TimeSpan.FromSeconds(2));
        await exchange.ClosedByClientAsync();
    }

    [Fact]
    public async Task A_server_that_does_not_answer_the_end_of_the_session_cannot_hold_it_up()
    {
        await using var peer = new HttpPeer(modern: false) { HoldsDelete = true };
        ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        await connection.DisposeAsync().AsTask().Within();
        Assert.Contains("DELETE", peer.Seen);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_message_beyond_the_limit_is_a_protocol_error_of_its_call(bool modern)
    {
        await using var peer = new HttpPeer(modern);
        await using ServerConnection connection = await ServerConnection.ConnectAsync(
            "peer", peer.Endpoint, new ConnectionOptions { MaximumMessageBytes = 1 << 20 }).Within();

        // As one event of one line, as one of many lines, as a body of unknown length, as a body that says how long it is.
        foreach (int way in Enumerable.Range(0, 4))
        {
            (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
            Task sending = SendHugeAsync(exchange, way);
            McpFailureException failure = await call.FailureAsync(ErrorIds.ProtocolError);
            Assert.Contains("more than 1 MiB", failure.Message, StringComparison.Ordinal);
            await sending.Within();
        }

        Assert.Equal(4, connection.Statistics.UnreadableLines);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json")]
    public async Task Half_a_character_costs_no_more_than_itself(string type)
    {
        await using var peer = new HttpPeer(modern: false);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        string answer = $$$"""{"jsonrpc":"2.0","id":{{{exchange.Id}}},"result":{"content":[{"type":"text","text":"caf\udce9.txt"}],"structuredContent":{"name":"caf\udce9.txt","\ud800":1} } }""";
        await exchange.RespondAsync(200, type, type == "application/json" ? answer : $"event: message\ndata: {answer}\n\n");

        ToolCallResult result = await call.Within();

        Assert.Equal("caf\ufffd.txt", result.Text);
        Assert.Equal("""{"name":"caf\uFFFD.txt","\uFFFD":1}""", result.StructuredContent!.DeepClone().ToJsonString());
    }

    [Fact]
    public async Task A_long_stream_of_small_messages_is_no_long_message()
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint, new ConnectionOptions { MaximumMessageBytes = 4096 }).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None);
        string progress = $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{exchange.Token}}},"progress":1}}""";
        foreach (string end in new[] { "\n", "\r\n", "\r" })
        {
            for (int i = 0; i < 100; i++)
            {
                await exchange.RawAsync($"data: {progress}{end}{end}: comment{end}{end}");
            }
        }

        await exchange.EventAsync($$"""{"jsonrpc":"2.0","id":{{exchange.Id}},"result":{"content":[]} }""");
        exchange.Close();
        Assert.Equal(300, (await call.Within()).ProgressCount);
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task A_stream_that_ends_without_an_answer_is_a_lost_connection_and_what_came_before_is_kept(bool modern)
    {
        await using var peer = new HttpPeer(modern);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        for (int round = 0; round < 20; round++)
        {
            var observer = new RecordingObserver();
            Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("work", []) { Observer = observer });
            HttpPeer.Exchange exchange = await peer.NextAsync("tools/call");
            await exchange.BeginEventsAsync();
            for (int i = 1; i <= 50; i++)
            {
                await exchange.ProgressAsync(i, 100);
            }

            await exchange.RawAsync("event: message\ndata: {\"jsonrpc\"");
            exchange.Close();
            await call.FailureAsync(ErrorIds.ConnectionLost);
            Assert.Equal(50, observer.Updates.Count);
        }
    }

    [Fact]
    public async Task A_forgotten_session_is_a_lost_connection()
    {
        await using var peer = new HttpPeer(modern: false);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        await exchange.RespondAsync(404, "text/plain", "");
        McpFailureException failure = await call.FailureAsync(ErrorIds.ConnectionLost);
        Assert.Contains("the session has ended", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Lost, connection.Status);
        await connection.CallToolAsync(new ToolCallRequest("work", [])).FailureAsync(ErrorIds.ConnectionLost);
    }

    [Theory]
    [InlineData("/elsewhere", true)]
    [InlineData("http://127.0.0.1:1/mcp", false)]
    public async Task A_redirect_keeps_the_method_and_within_the_origin_the_headers(string location, bool stays)
    {
        await using var peer = new HttpPeer(modern: true);
        HttpEndpoint endpoint = peer.Endpoint with { Headers = new Dictionary<string, string> { ["X-Api-Key"] = "k" }, Token = new Secret("t") };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        await exchange.RespondAsync(307, "text/plain", "", $"Location: {location}");
        if (stays)
        {
            HttpPeer.Exchange again = await peer.NextAsync("tools/call");
            Assert.Equal(("POST", "k", "Bearer t"), (again.Verb, again.Headers["X-Api-Key"], again.Headers["Authorization"]));
            await again.ResultAsync("""{"content":[]}""");
            await call.Within();
        }
        else
        {
            // Nobody listens there: that it was tried shows in the failure.
            await call.FailureAsync(ErrorIds.ConnectionLost);
        }
    }

    [Theory]
    [InlineData(302, "/elsewhere")]
    [InlineData(307, "ftp://127.0.0.1/mcp")]
    [InlineData(307, null)]
    public async Task A_redirect_that_would_ask_for_something_else_is_a_protocol_error(int status, string? location)
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        await exchange.RespondAsync(status, "text/plain", "", location is null ? [] : [$"Location: {location}"]);
        McpFailureException failure = await call.FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("leads elsewhere", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        for (int i = 0; i < 10; i++)
        {
            await exchange.RespondAsync(308, "text/plain", "", "Location: /mcp");
            exchange = await peer.NextAsync("tools/call");
        }

        await exchange.RespondAsync(308, "text/plain", "", "Location: /mcp");
        await call.FailureAsync(ErrorIds.ProtocolError);
    }

    [Theory]
    [InlineData("elicitation/create", """{"message":"Which?","requestedSchema":{"type":"object","properties":{}}}""")]
    [InlineData("sampling/createMessage", """{"messages":[],"maxTokens":1}""")]
    public async Task A_question_that_nobody_answers_ends_its_call_and_not_the_connection(string method, string parameters)
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        await exchange.ResultAsync($$$"""{"resultType":"input_required","inputRequests":{"q":{"method":"{{{method}}}","params":{{{parameters}}}}},"requestState":"s"}""");
        McpFailureException failure = await call.FailureAsync(ErrorIds.InputRequired);
        Assert.Contains("asks for input", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Theory]
    [InlineData(401, "401")]
    [InlineData(403, "403")]
    [InlineData(500, "500")]
    public async Task A_refused_request_is_a_protocol_error_and_the_connection_stands(int status, string expected)
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        await exchange.RespondAsync(status, "text/plain", "no");
        McpFailureException failure = await call.FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Connected, connection.Status);
    }

    [Fact]
    public async Task The_token_goes_out_with_every_request_and_into_no_text()
    {
        await using var peer = new HttpPeer(modern: true);
        HttpEndpoint endpoint = peer.Endpoint with { Token = new Secret("s3cret"), Headers = new Dictionary<string, string> { ["X-Team"] = "blue" } };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        Assert.Equal("Bearer s3cret", exchange.Headers["Authorization"]);
        Assert.Equal("blue", exchange.Headers["X-Team"]);
        await exchange.RespondAsync(401, "text/plain", "no");
        McpFailureException failure = await call.FailureAsync(ErrorIds.ProtocolError);
        Assert.DoesNotContain("s3cret", failure.ToString() + endpoint + connection.Endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_for_a_tool_is_named_in_the_headers()
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint).Within();
        (HttpPeer.Exchange exchange, Task<ToolCallResult> call) = await BeginAsync(peer, connection, CancellationToken.None, begin: false);
        Assert.Equal("tools/call", exchange.Headers["Mcp-Method"]);
        Assert.Equal("work", exchange.Headers["Mcp-Name"]);
        await exchange.ResultAsync("""{"content":[]}""");
        Assert.Empty((await call.Within()).Content);
    }

    private static async Task<(HttpPeer.Exchange Exchange, Task<ToolCallResult> Call)> BeginAsync(
        HttpPeer peer, ServerConnection connection, CancellationToken cancellationToken, bool begin = true)
    {
        Task<ToolCallResult> call = connection.CallToolAsync(new ToolCallRequest("work", new JsonObject()), cancellationToken);
        HttpPeer.Exchange exchange = await peer.NextAsync("tools/call");
        if (begin)
        {
            await exchange.BeginEventsAsync();
        }

        return (exchange, call);
    }

    private static async Task SendHugeAsync(HttpPeer.Exchange exchange, int way)
    {
        string kilobyte = new('x', 1024);
        try
        {
            await exchange.RawAsync(way switch
            {
                0 => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: ",
                1 => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
                2 => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\nConnection: close\r\n\r\n",
            });
            for (int i = 0; i < 2048; i++)
            {
                await exchange.RawAsync(way == 0 ? kilobyte : way == 1 ? $"data: {kilobyte}\n" : kilobyte + "\n");
            }

            exchange.Close();
        }
        catch (IOException)
        {
            // The client has hung up, as it should.
        }
    }
}
