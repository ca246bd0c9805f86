using System.Text.Json;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Support;

/// <summary>Servers to test against.</summary>
internal static class TestServers
{
    /// <summary>The sample tools without their pauses, with the given tools beside them.</summary>
    public static ToolServerOptions Samples(double progressRate = 0, params ServerTool[] more) => new()
    {
        Tools = new ToolSet([.. SampleTools.All(new SampleOptions { Speed = 1e6 }).Tools, .. more]),
        ProgressRate = progressRate,
    };

    /// <summary>A tool whose result is as deep as that, which may be too deep to be sent.</summary>
    public static ServerTool Deep(int depth, string innermost = "1")
    {
        using var result = JsonDocument.Parse(
            string.Concat(Enumerable.Repeat("{\"a\":", depth)) + innermost + new string('}', depth), new JsonDocumentOptions { MaxDepth = depth });
        var content = result.RootElement.Clone();
        return new ServerTool
        {
            Name = "deep",
            InputSchema = SampleTools.Schema("""{ "type": "object" }"""),
            Body = (_, _) => ValueTask.FromResult(new ToolResult { StructuredContent = content }),
        };
    }
}
