using System.Text.Json;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using static McpProgress.ConformanceServer.Tools.Define;

namespace McpProgress.ConformanceServer.Tools;

/// <summary>Tools for the tasks extension (SEP-2663).</summary>
internal static class TaskTools
{
    public static IEnumerable<ServerTool> All =>
    [
        Tool(
            "greet",
            "Greets at once.",
            (arguments, _) => ValueTask.FromResult(ToolResult.FromText($"Hello, {arguments.GetString("name")}!")),
            """{ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] }"""),
        Task("slow_compute", TaskSupport.Optional, async (arguments, context) =>
        {
            await System.Threading.Tasks.Task.Delay(TimeSpan.FromSeconds(arguments.GetInt32("seconds", minimum: 0)), context.CancellationToken);
            return ToolResult.FromText($"Computed {arguments.GetString("label", "a result")}.");
        }, """{ "type": "object", "properties": { "seconds": { "type": "integer" }, "label": { "type": "string" } }, "required": ["seconds"] }"""),
        Task("failing_job", TaskSupport.Required, (_, _) => throw new ToolException("The job failed.")),
        Task("protocol_error_job", TaskSupport.Optional, (_, _) => throw new McpProtocolException("The server broke.", McpErrorCode.InternalError)),
        Task("confirm_delete", TaskSupport.Optional, async (arguments, context) =>
        {
            var file = arguments.GetString("filename");
            var answer = await context.AskAsync(Question(null, $"Delete {file}?", "confirm", "boolean"));
            return ToolResult.FromText(answer.IsAccepted && answer.Content["confirm"]!.GetValue<bool>() ? $"Deleted {file}." : $"Kept {file}.");
        }, """{ "type": "object", "properties": { "filename": { "type": "string" } }, "required": ["filename"] }"""),
        Task("multi_input", TaskSupport.Optional, async (_, context) =>
        {
            await context.AskAllAsync(Question(null, "Confirm the first.", "confirm", "boolean"), Question(null, "Confirm the second.", "confirm", "boolean"));
            return ToolResult.FromText("Both were confirmed.");
        }),
        new()
        {
            Name = "test_tool_with_task",
            Description = "Asks for a name, then goes on as a task.",
            InputSchema = JsonElement.Parse(NoArguments),
            TaskSupport = TaskSupport.Required,
            Prepare = async (_, context) =>
            {
                var answer = await context.AskAsync(Question("user_name", "What is your name?", "name", "string"));
                return new ToolArguments(answer.Content.Deserialize<Dictionary<string, JsonElement>>());
            },
            Body = (arguments, _) => ValueTask.FromResult(ToolResult.FromText($"Hello, {arguments.GetString("name", "nobody")}!")),
        },
    ];

    private static ServerTool Task(string name, TaskSupport support, ToolBody body, string schema = NoArguments) => new()
    {
        Name = name,
        Description = $"Runs as a task: {name}.",
        InputSchema = JsonElement.Parse(schema),
        TaskSupport = support,
        Body = body,
    };
}
