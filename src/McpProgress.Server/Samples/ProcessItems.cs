using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Works through a list, one report an item, and a last one that repeats the value with another message.</summary>
internal static class ProcessItems
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "process_items",
        Title = "Process items",
        Description = "Turns each item into upper case, half a second each, and reports progress item by item. Use it to see a known total.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "items": { "type": "array", "items": { "type": "string" }, "description": "The items to process, in order." }
              },
              "required": ["items"]
            }
            """),
        OutputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "processed": { "type": "integer", "description": "How many items were processed." },
                "results": { "type": "array", "items": { "type": "string" }, "description": "The items in upper case, in the same order." }
              },
              "required": ["processed", "results"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var items = arguments.GetStrings("items");
            var results = new JsonArray();
            for (var i = 0; i < items.Count; i++)
            {
                await context.ReportProgressAsync(i + 1, items.Count, $"processing {items[i]}").ConfigureAwait(false);
                await options.DelayAsync(0.5, context.CancellationToken).ConfigureAwait(false);
                results.Add(items[i].ToUpperInvariant());
            }

            await context.ReportProgressAsync(items.Count, items.Count, "done").ConfigureAwait(false);
            return ToolResult.FromObject(new JsonObject { ["processed"] = items.Count, ["results"] = results });
        },
    };
}
