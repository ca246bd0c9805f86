using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>The five-step analysis of the MCPC documents.</summary>
internal static class AnalyzeData
{
    private const int Steps = 5;

    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "analyze_data",
        Title = "Analyze data",
        Description = "Analyzes a data set in five steps of one second. Made for background work: start it, do something else, come back.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "data_id": { "type": "string", "description": "Which data set to analyze." },
                "process_type": { "type": "string", "description": "Which kind of analysis; any text.", "default": "standard" }
              },
              "required": ["data_id"]
            }
            """),
        OutputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "status": { "type": "string", "description": "Complete." },
                "data_id": { "type": "string", "description": "The data set that was analyzed." },
                "summary": { "type": "string", "description": "How it went." }
              },
              "required": ["status", "data_id", "summary"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var dataId = arguments.GetString("data_id");
            _ = arguments.GetString("process_type", "standard");
            for (var step = 1; step <= Steps; step++)
            {
                await context.ReportProgressAsync(step, Steps, $"Processing step {step}/{Steps}").ConfigureAwait(false);
                await options.DelayAsync(1, context.CancellationToken).ConfigureAwait(false);
            }

            return ToolResult.FromObject(new JsonObject
            {
                ["status"] = "Complete",
                ["data_id"] = dataId,
                ["summary"] = "Processing completed successfully",
            });
        },
    };
}
