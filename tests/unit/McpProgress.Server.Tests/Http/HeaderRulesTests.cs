using System.Text.Json.Nodes;
using McpProgress.Server.Samples;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Http;

public sealed class HeaderRulesTests
{
    private const int HeaderMismatch = -32020;
    private const int UnsupportedVersion = -32022;

    [Theory]
    [InlineData("Mcp-Method", null, HeaderMismatch)]
    [InlineData("Mcp-Method", "tools/list", HeaderMismatch)]
    [InlineData("Mcp-Name", null, HeaderMismatch)]
    [InlineData("Mcp-Name", "process_data", HeaderMismatch)]
    [InlineData("Mcp-Name", "=?base64?!!?=", HeaderMismatch)]
    [InlineData("MCP-Protocol-Version", null, HeaderMismatch)]
    [InlineData("MCP-Protocol-Version", "2025-11-25", HeaderMismatch)]
    [InlineData("MCP-Protocol-Version", "2030-01-01", UnsupportedVersion)]
    [InlineData("MCP-Protocol-Version", "nonsense", UnsupportedVersion)]
    public async Task A_header_that_does_not_fit_the_body_is_refused_with_the_requests_id(string header, string? value, int code)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.ModernCall("echo", """{"text":"x"}""", change: request =>
        {
            request.Headers.Remove(header);
            if (value is not null)
            {
                request.Headers.Add(header, value);
            }
        }));
        Assert.Equal(400, (int)response.StatusCode);
        var answer = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(code, answer["error"]!["code"]!.GetValue<int>());
        Assert.Equal(1, answer["id"]!.GetValue<int>());
        if (code == UnsupportedVersion)
        {
            Assert.Contains("2026-07-28", answer["error"]!["data"]!["supported"]!.AsArray().Select(version => version!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task An_encoded_name_is_decoded_before_it_is_compared()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.ModernCall("echo", """{"text":"x"}""", change: request =>
        {
            request.Headers.Remove("Mcp-Name");
            request.Headers.Add("Mcp-Name", "=?base64?ZWNobw==?=");
        }));
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"", -32602)]
    [InlineData("\"io.modelcontextprotocol/clientCapabilities\":{}", -32602)]
    public async Task A_modern_request_must_say_all_about_itself(string meta, int code)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Post($$$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{{{{{{meta}}}}}}}}""");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", "tools/list");
        using var response = await server.SendAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(code, (await RawHttp.ErrorAsync(response))["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task What_an_unknown_revision_is_told_is_what_discovery_says()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var discovered = await server.SendAsync(Modern("server/discover", "2026-07-28"));
        using var refused = await server.SendAsync(Modern("server/discover", "v999"));

        var versions = Assert.Single(await RawHttp.EventsAsync(discovered))["result"]!["supportedVersions"]!.ToJsonString();
        Assert.Equal(versions, (await RawHttp.ErrorAsync(refused))["data"]!["supported"]!.ToJsonString());

        // A request of a session says its revision in the header alone, and can have any.
        var ofSession = RawHttp.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", "any");
        ofSession.Headers.Add("MCP-Protocol-Version", "v999");
        using var refusedInSession = await server.SendAsync(ofSession);
        Assert.Contains("2025-11-25", (await RawHttp.ErrorAsync(refusedInSession))["data"]!["supported"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("initialize")]
    [InlineData("logging/setLevel")]
    [InlineData("no/such/method")]
    public async Task A_method_the_revision_does_not_have_is_not_found(string method)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Post($$$$$"""{"jsonrpc":"2.0","id":1,"method":"{{{{{method}}}}}","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", method);
        using var response = await server.SendAsync(request);
        Assert.Equal(404, (int)response.StatusCode);

        // Not as an event: clients look for those in an answer of 200 only.
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(-32601, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2025-03-26")]
    public async Task The_revision_of_a_session_is_the_one_agreed_on_whatever_the_header_says(string? header)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", await server.InitializeAsync());
        if (header is not null)
        {
            request.Headers.Add("MCP-Protocol-Version", header);
        }

        using var response = await server.SendAsync(request);
        var tools = Assert.Single(await RawHttp.EventsAsync(response))["result"]!["tools"]!.AsArray();

        // Only 2025-11-25 has it.
        Assert.All(tools, tool => Assert.NotNull(tool!["execution"]));
    }

    private const string Marked = """
        {
          "type": "object",
          "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "place": { "type": "object", "properties": { "floor": { "type": "integer", "x-mcp-header": "Floor" } } },
            "fast": { "type": "boolean", "x-mcp-header": "Fast" }
          }
        }
        """;

    [Theory]
    [InlineData("""{"region":"Hello"}""", "Region: Hello", true)]
    [InlineData("""{"region":"Hello"}""", "Region: =?base64?SGVsbG8=?=", true)]
    [InlineData("""{"region":"SGVsbG8="}""", "Region: SGVsbG8=", true)]
    [InlineData("""{"region":"Hello"}""", "Region: =?base64?SGVsbG8?=", false)]
    [InlineData("""{"region":"Hello"}""", "Region: =?base64?SGVs!!!bG8=?=", false)]
    [InlineData("""{"region":"Hello"}""", "Region: hello", false)]
    [InlineData("""{"region":"Hello"}""", null, false)]
    [InlineData("""{"region":null}""", null, true)]
    [InlineData("{}", null, true)]
    [InlineData("{}", "Region: Hello", false)]
    [InlineData("""{"place":{"floor":42}}""", "Floor: 42.0", true)]
    [InlineData("""{"place":{"floor":42}}""", "Floor: 43", false)]
    [InlineData("""{"place":{"floor":42.5}}""", "Floor: 42.5", false)]
    [InlineData("""{"place":{"floor":9007199254740992}}""", "Floor: 9007199254740992", false)]
    [InlineData("""{"fast":true}""", "Fast: true", true)]
    [InlineData("""{"fast":true}""", "Fast: false", false)]
    public async Task An_argument_its_schema_marks_comes_as_a_header_too(string arguments, string? header, bool accepted)
    {
        var tool = new ServerTool
        {
            Name = "marked",
            InputSchema = SampleTools.Schema(Marked),
            TaskSupport = TaskSupport.Forbidden,
            Body = (_, _) => ValueTask.FromResult(ToolResult.FromText("done")),
        };
        await using var server = await RawHttp.StartAsync(TestServers.Samples(more: tool));
        using var response = await server.SendAsync(RawHttp.ModernCall("marked", arguments, change: request =>
        {
            if (header?.Split(": ") is [var name, var value])
            {
                request.Headers.TryAddWithoutValidation($"Mcp-Param-{name}", value);
            }
        }));

        Assert.Equal(accepted ? 200 : 400, (int)response.StatusCode);
        if (!accepted)
        {
            Assert.Equal(HeaderMismatch, (await RawHttp.ErrorAsync(response))["code"]!.GetValue<int>());
        }
    }

    private static HttpRequestMessage Modern(string method, string version)
    {
        var request = RawHttp.Post($$$$$"""{"jsonrpc":"2.0","id":1,"method":"{{{{{method}}}}}","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"{{{{{version}}}}}","io.modelcontextprotocol/clientCapabilities":{}}}}""");
        request.Headers.Add("MCP-Protocol-Version", version);
        request.Headers.Add("Mcp-Method", method);
        return request;
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Modern_clients_only_post(string method)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        var request = RawHttp.Request(new HttpMethod(method), "any");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        using var response = await server.SendAsync(request);
        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }
}
