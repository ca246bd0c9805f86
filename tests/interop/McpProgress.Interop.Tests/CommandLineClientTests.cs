using System.Text.Json.Nodes;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>The MCP clients people use from a shell, and our server.</summary>
public sealed class CommandLineClientTests(OurServer server) : IClassFixture<OurServer>
{
    private const string Items = """["a","b"]""";
    private const string Processed = """{"processed":2,"results":["A","B"]}""";

    private static readonly string s_inspector = Layout.Package("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js");
    private static readonly string s_mcporter = Layout.Package("mcporter", "dist", "cli.js");

    [NodeTheory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task The_Inspector_lists_the_tools_over_stdio(string era)
    {
        JsonNode answer = await InspectAsync(OurServer.StdioCommand, era, "--method", "tools/list");

        string[] names = [.. answer["tools"]!.AsArray().Select(tool => (string)tool!["name"]!)];
        Assert.Contains("process_items", names);
        Assert.Contains("run_forever", names);
    }

    [NodeTheory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task The_Inspector_calls_a_tool_over_stdio(string era)
    {
        JsonNode answer = await InspectAsync(OurServer.StdioCommand, era, [.. s_inspectorCall]);

        Assert.Equal(Processed, answer["structuredContent"]!.ToJsonString());
    }

    [NodeTheory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task The_Inspector_calls_a_tool_over_HTTP(string era)
    {
        JsonNode answer = await InspectAsync([server.Url.AbsoluteUri], era, [.. s_inspectorCall]);

        Assert.Equal(Processed, answer["structuredContent"]!.ToJsonString());
    }

    [NodeFact]
    public async Task Mcporter_calls_a_tool_over_stdio()
    {
        string[] command = [.. OurServer.StdioCommand.Skip(1).SelectMany(argument => new[] { "--stdio-arg", argument })];

        JsonNode answer = await RunAsync(
            [s_mcporter, "call", "--stdio", Layout.Server, .. command, "process_items", "--args", $$"""{"items":{{Items}}}""", "--output", "json"]);

        Assert.Equal(Processed, answer.ToJsonString());
    }

    [NodeFact]
    public async Task Mcporter_calls_a_tool_over_HTTP()
    {
        JsonNode answer = await RunAsync(
            [s_mcporter, "call", "--http-url", server.Url.AbsoluteUri, "--allow-http", "process_items", "--args", $$"""{"items":{{Items}}}""", "--output", "json"]);

        Assert.Equal(Processed, answer.ToJsonString());
    }

    private static readonly string[] s_inspectorCall = ["--method", "tools/call", "--tool-name", "process_items", "--tool-arg", $"items={Items}"];

    private static Task<JsonNode> InspectAsync(string[] target, string era, params string[] arguments) =>
        RunAsync([s_inspector, "--cli", .. target, "--protocol-era", era, .. arguments]);

    private static async Task<JsonNode> RunAsync(string[] arguments)
    {
        PeerProcess.Outcome outcome = await PeerProcess.RunAsync(Node.Path, arguments);
        return JsonNode.Parse(outcome.EnsureSuccess().OutputText)!;
    }
}
