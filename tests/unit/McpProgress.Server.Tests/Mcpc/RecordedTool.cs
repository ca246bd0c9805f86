using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Mcpc;

/// <summary>The server of the recordings, written anew as a tool of this library: <c>process_data</c> in its two forms.</summary>
internal static class RecordedTool
{
    /// <summary>The server whose tool reports five steps (0.2.1 and 0.2.4).</summary>
    public static ToolServerOptions FiveSteps => Served("my-processor", new ServerTool
    {
        Name = "process_data",
        Description = "Process data with real-time progress updates.",
        InputSchema = SampleTools.Schema("""{"type":"object","properties":{"data_id":{"type":"string"},"process_type":{"type":"string"}},"required":["data_id"]}"""),
        Body = async (arguments, context) =>
        {
            await context.SendUpdateAsync("Starting data processing");
            for (var step = 1; step <= 5; step++)
            {
                await context.ReportProgressAsync(step, 5, $"Processing step {step}/5");
            }

            return ToolResult.FromObject(new JsonObject
            {
                ["status"] = "Complete",
                ["data_id"] = Only(arguments),
                ["summary"] = "Processing completed successfully",
            });
        },
    });

    /// <summary>The server whose tool says one thing and is done (0.2.6).</summary>
    public static ToolServerOptions OneStep => Served("my-provider", new ServerTool
    {
        Name = "process_data",
        InputSchema = SampleTools.Schema("""{"type":"object","properties":{"data_id":{"type":"string"}},"required":["data_id"]}"""),
        Body = async (arguments, context) =>
        {
            await context.SendUpdateAsync($"Processing {Only(arguments)}...");
            return ToolResult.FromObject(new JsonObject { ["data_id"] = Only(arguments), ["processed_data"] = "Processed data. No issues." });
        },
    });

    // The tool must see its own argument and no id: those are the protocol's.
    private static string Only(ToolArguments arguments) => Assert.Single(arguments.All).Value.GetString()!;

    private static ToolServerOptions Served(string name, ServerTool tool) => new()
    {
        Tools = new ToolSet([tool]),
        ServerInfo = new Implementation { Name = name, Version = "1" },
        ProgressRate = 0,
    };
}
