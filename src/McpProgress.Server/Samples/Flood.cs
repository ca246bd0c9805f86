using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>As much progress as there can be, for measuring both ends.</summary>
internal static class Flood
{
    public static ServerTool Create() => new()
    {
        Name = "flood",
        Title = "Flood of progress",
        Description = "Reports progress as often as asked and as fast as it can. With the server's progress rate set to 0 every report is sent; otherwise most give way to newer ones.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": { "count": { "type": "integer", "minimum": 0, "description": "How many times to report." } },
              "required": ["count"]
            }
            """),
        OutputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": { "reported": { "type": "integer", "description": "How many times progress was reported." } },
              "required": ["reported"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var count = arguments.GetInt32("count", minimum: 0);
            for (var i = 1; i <= count; i++)
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                await context.ReportProgressAsync(i, count).ConfigureAwait(false);
            }

            return ToolResult.FromObject(new JsonObject { ["reported"] = count });
        },
    };
}
