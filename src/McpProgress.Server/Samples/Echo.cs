using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Gives back what it gets, at once: the least a call can cost.</summary>
internal static class Echo
{
    public static ServerTool Create() => new()
    {
        Name = "echo",
        Title = "Echo",
        Description = "Returns the text unchanged, at once and without progress. Use it to check a connection or to measure one call.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": { "text": { "type": "string", "description": "The text to return." } },
              "required": ["text"]
            }
            """),
        Annotations = SampleTools.Harmless,
        TaskSupport = TaskSupport.Forbidden,
        Body = (arguments, _) => ValueTask.FromResult(ToolResult.FromText(arguments.GetString("text"))),
    };
}
