using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Server.Host;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Support;

/// <summary>A server on Kestrel, and a client that says exactly what it is told to.</summary>
internal sealed class RawHttp : IAsyncDisposable
{
    public const string Initialize = """{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";

    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };

    private RawHttp(KestrelHost host) => Host = host;

    public KestrelHost Host { get; }

    public static async Task<RawHttp> StartAsync(ToolServerOptions tools, HttpServerOptions? http = null) =>
        new(await KestrelHost.StartAsync(tools, http ?? new HttpServerOptions(), port: 0, NullLoggerFactory.Instance));

    /// <summary>A call of 2026-07-28 as it must be; <paramref name="change"/> makes it as it must not be.</summary>
    public static HttpRequestMessage ModernCall(string tool, string arguments = "{}", string meta = "", Action<HttpRequestMessage>? change = null)
    {
        var body = $$$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{{{tool}}}}}","arguments":{{{{{arguments}}}}},"_meta":{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}{{{{{meta}}}}}}}}""";
        var request = Post(body);
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", "tools/call");
        request.Headers.Add("Mcp-Name", tool);
        change?.Invoke(request);
        return request;
    }

    public static HttpRequestMessage Post(string body, string? session = null) => Request(HttpMethod.Post, session, body);

    public static HttpRequestMessage Request(HttpMethod method, string? session = null, string? body = null)
    {
        var request = new HttpRequestMessage(method, (Uri?)null);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return request;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancelled = default)
    {
        request.RequestUri ??= new Uri(Host.Url);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancelled).Soon();
    }

    public async Task<string> InitializeAsync()
    {
        using var response = await SendAsync(Post(Initialize));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await EventsAsync(response);
        return response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    /// <summary>All messages of a response, to its end.</summary>
    public static async Task<List<JsonNode>> EventsAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync().Soon();
        return [.. text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!)];
    }

    /// <summary>The JSON-RPC error of a refused request.</summary>
    public static async Task<JsonNode> ErrorAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync().Soon())!["error"]!;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Host.DisposeAsync();
    }
}
