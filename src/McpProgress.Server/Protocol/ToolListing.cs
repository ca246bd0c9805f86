using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>Answers <c>tools/list</c>. The tools never change, so one page has them all.</summary>
internal sealed class ToolListing(ToolSet tools)
{
    private readonly JsonArray _tools = [.. tools.Tools.Select(ToJson)];

    // Only revision 2025-11-25 has execution: it is told which tools run as tasks, later ones are asked with each call.
    private readonly JsonArray _toolsWithExecution = [.. tools.Tools.Select(ToJsonWithExecution)];

    /// <summary>The answer to a request.</summary>
    public JsonObject Answer(IncomingRequest request)
    {
        var answer = new JsonObject { ["tools"] = (request.HasTasks2025 ? _toolsWithExecution : _tools).DeepClone() };
        if (request.IsModern)
        {
            // Required since 2026-07-28. They hold as long as this process, and another one may take its place at the same
            // address at any time: a minute spares a client that calls often the question before each call.
            answer["ttlMs"] = 60_000;
            answer["cacheScope"] = "private";
        }

        return answer;
    }

    private static JsonNode ToJson(ServerTool tool) => JsonSerializer.SerializeToNode(
        new Tool
        {
            Name = tool.Name,
            Title = tool.Title,
            Description = tool.Description,
            InputSchema = tool.InputSchema,
            OutputSchema = tool.OutputSchema,
            Annotations = tool.Annotations,
        },
        McpJsonUtilities.DefaultOptions)!;

    private static JsonNode ToJsonWithExecution(ServerTool tool)
    {
        var json = ToJson(tool);
        json["execution"] = new JsonObject
        {
            ["taskSupport"] = tool.TaskSupport switch
            {
                TaskSupport.Required => "required",
                TaskSupport.Forbidden => "forbidden",
                _ => "optional",
            },
        };
        return json;
    }
}
