using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Support;

/// <summary>
/// A Streamable HTTP server by hand: it greets clients of one era, and everything else is in the hands of a test. Answers
/// are written as they are, so that they may be wrong.
/// </summary>
internal sealed class HttpPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly bool _modern;
    private readonly Channel<Exchange> _calls = Channel.CreateUnbounded<Exchange>();
    private readonly Channel<Exchange> _events = Channel.CreateUnbounded<Exchange>();

    public HttpPeer(bool modern)
    {
        _modern = modern;
        _listener.Start();
        Endpoint = new HttpEndpoint(new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/mcp"));
        _ = AcceptAsync();
    }

    public HttpEndpoint Endpoint { get; }

    /// <summary>Every message and its path over HTTP, such as <c>POST tools/call</c> or <c>DELETE</c>.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Has an event stream for its session: each request for it comes out of <see cref="NextEventStreamAsync"/>.</summary>
    public bool HasEventStream { get; init; }

    /// <summary>What it can, as JSON.</summary>
    public string Capabilities { get; init; } = """{"tools":{"listChanged":false}}""";

    /// <summary>Never answers the end of a session.</summary>
    public bool HoldsDelete { get; init; }

    /// <summary>Answers a method it does not know with an empty result, where the protocol wants an error.</summary>
    public bool AnswersAnything { get; init; }

    /// <summary>The next request that is not part of the greeting.</summary>
    public async Task<Exchange> NextAsync(string method)
    {
        while (true)
        {
            Exchange exchange = await _calls.Reader.ReadAsync().AsTask().Within();
            if (exchange.Method == method)
            {
                return exchange;
            }
        }
    }

    /// <summary>The next request of any kind that is not part of the greeting.</summary>
    public Task<Exchange> NextAsync() => _calls.Reader.ReadAsync().AsTask().Within();

    /// <summary>The next request for the session's event stream.</summary>
    public Task<Exchange> NextEventStreamAsync() => _events.Reader.ReadAsync().AsTask().Within();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_closing.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            var stream = new BufferedStream(client.GetStream());
            Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
            string requestLine = await LineAsync(stream);
            while (await LineAsync(stream) is { Length: > 0 } header)
            {
                headers[header[..header.IndexOf(':')]] = header[(header.IndexOf(':') + 1)..].Trim();
            }

            byte[] body = new byte[headers.TryGetValue("Content-Length", out string? length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
            await stream.ReadExactlyAsync(body, _closing.Token);
            string verb = requestLine[..requestLine.IndexOf(' ')];
            JsonNode? message = body.Length > 0 ? JsonNode.Parse(body) : null;
            var exchange = new Exchange(client, client.GetStream(), verb, headers, message);
            lock (Seen)
            {
                Seen.Add(exchange.Method.Length > 0 ? $"{verb} {exchange.Method}" : verb);
            }

            await AnswerAsync(exchange);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            client.Dispose();
        }
    }

    private async Task AnswerAsync(Exchange exchange)
    {
        const string Info = """{"name":"peer","version":"1"}""";
        switch (exchange.Method)
        {
            case "server/discover" when _modern:
                await exchange.ResultAsync($$$"""{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{{{Capabilities}}},"ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{{{Info}}}}}""");
                break;
            case "server/discover" when AnswersAnything:
                await exchange.ResultAsync("{}");
                break;
            case "server/discover":
                await exchange.RespondAsync(400, "application/json", $$$"""{"jsonrpc":"2.0","id":{{{exchange.Id}}},"error":{"code":-32601,"message":"Method not found"}}""");
                break;
            case "initialize":
                await exchange.RespondAsync(
                    200, "application/json", $$$"""{"jsonrpc":"2.0","id":{{{exchange.Id}}},"result":{"protocolVersion":"2025-11-25","capabilities":{{{Capabilities}}},"serverInfo":{{{Info}}}}}""", "Mcp-Session-Id: s1");
                break;
            case "notifications/initialized":
                await exchange.RespondAsync(202, "text/plain", "");
                break;
            case "" when exchange.Verb == "DELETE" && HoldsDelete:
                break;
            case "" when exchange.Verb == "GET" && HasEventStream:
                await _events.Writer.WriteAsync(exchange);
                break;
            case "" when exchange.Verb == "GET":
                await exchange.RespondAsync(405, "text/plain", "");
                break;
            case "":
                await exchange.RespondAsync(200, "text/plain", "");
                break;
            default:
                await _calls.Writer.WriteAsync(exchange);
                break;
        }
    }

    private static async Task<string> LineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        throw new EndOfStreamException();
    }

    /// <summary>One request and the open way back.</summary>
    internal sealed record Exchange(TcpClient Client, NetworkStream Stream, string Verb, IReadOnlyDictionary<string, string> Headers, JsonNode? Message)
    {
        public string Method => (string?)Message?["method"] ?? "";

        public string Id => Message?["id"]?.ToJsonString() ?? "null";

        public string Token => Message!["params"]!["_meta"]!["progressToken"]!.ToJsonString();

        /// <summary>Answers with the result, as one event.</summary>
        public async Task ResultAsync(string result)
        {
            await BeginEventsAsync();
            await EventAsync($$"""{"jsonrpc":"2.0","id":{{Id}},"result":{{result}}}""");
            Close();
        }

        public async Task RespondAsync(int status, string type, string body, params string[] headers)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            await RawAsync($"HTTP/1.1 {status} X\r\nContent-Type: {type}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");
            await Stream.WriteAsync(bytes);
            Close();
        }

        public Task BeginEventsAsync() => RawAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");

        /// <summary>Begins an answer whose end can be told from its breaking off.</summary>
        public Task BeginChunkedEventsAsync() => RawAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");

        public Task EventAsync(string message) => RawAsync($"event: message\ndata: {message}\n\n");

        public Task ProgressAsync(int progress, int total) =>
            EventAsync($$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{Token}}},"progress":{{{progress}}},"total":{{{total}}}}}""");

        public async Task RawAsync(string text) => await Stream.WriteAsync(Encoding.UTF8.GetBytes(text));

        /// <summary>Completes when the client has closed its end.</summary>
        public async Task ClosedByClientAsync()
        {
            try
            {
                Assert.Equal(0, await Stream.ReadAsync(new byte[1]).AsTask().Within());
            }
            catch (IOException)
            {
                // Reset: closed all the same.
            }
        }

        public void Close()
        {
            Client.Client.Shutdown(SocketShutdown.Send);
            Client.Dispose();
        }
    }
}
