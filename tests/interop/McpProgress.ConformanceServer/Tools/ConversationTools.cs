using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using static McpProgress.ConformanceServer.Tools.Define;

namespace McpProgress.ConformanceServer.Tools;

/// <summary>Tools that speak and ask while they run: progress, log messages, forms, the client's model.</summary>
internal static class ConversationTools
{
    // The suite wants pauses between messages, so that a client gets them one by one.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private const string Defaults = """
        {
          "type": "object",
          "properties": {
            "name": { "type": "string", "description": "User name", "default": "John Doe" },
            "age": { "type": "integer", "description": "User age", "default": 30 },
            "score": { "type": "number", "description": "User score", "default": 95.5 },
            "status": { "type": "string", "description": "User status", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "description": "Verification status", "default": true }
          },
          "required": []
        }
        """;

    private const string Enumerations = """
        {
          "type": "object",
          "properties": {
            "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
            "titledSingle": {
              "type": "string",
              "oneOf": [
                { "const": "value1", "title": "First Option" },
                { "const": "value2", "title": "Second Option" },
                { "const": "value3", "title": "Third Option" }
              ]
            },
            "legacyEnum": { "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"] },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": ["option1", "option2", "option3"] } },
            "titledMulti": {
              "type": "array",
              "items": {
                "anyOf": [
                  { "const": "value1", "title": "First Choice" },
                  { "const": "value2", "title": "Second Choice" },
                  { "const": "value3", "title": "Third Choice" }
                ]
              }
            }
          },
          "required": []
        }
        """;

    public static IEnumerable<ServerTool> All =>
    [
        Tool("test_tool_with_logging", "Sends log messages.", async (_, context) =>
        {
            await context.LogInfoAsync("Tool execution started");
            await Task.Delay(s_pause, context.CancellationToken);
            await context.LogInfoAsync("Tool processing data");
            await Task.Delay(s_pause, context.CancellationToken);
            await context.LogInfoAsync("Tool execution completed");
            return ToolResult.FromText("Tool with logging executed successfully.");
        }),
        Tool("test_logging_tool", "Sends a log message, wanted or not.", async (_, context) =>
        {
            await context.LogAsync(LogLevel.Critical, "This goes to clients that asked for it.");
            return ToolResult.FromText("Logged.");
        }),
        Tool("test_tool_with_progress", "Reports progress.", async (_, context) =>
        {
            await context.ReportProgressAsync(0, 100, "Completed step 0 of 100");
            await Task.Delay(s_pause, context.CancellationToken);
            await context.ReportProgressAsync(50, 100, "Completed step 50 of 100");
            await Task.Delay(s_pause, context.CancellationToken);
            await context.ReportProgressAsync(100, 100, "Completed step 100 of 100");
            return ToolResult.FromText("Tool with progress executed successfully.");
        }),
        Tool(
            "test_sampling",
            "Asks the client's model.",
            async (arguments, context) =>
                ToolResult.FromText($"LLM response: {TextOf(await context.AskAsync(Prompt(null, arguments.GetString("prompt"), 100)))}"),
            """{ "type": "object", "properties": { "prompt": { "type": "string" } }, "required": ["prompt"] }"""),
        Tool(
            "test_elicitation",
            "Asks the user.",
            async (arguments, context) => Told("User response", await context.AskAsync(Question(
                null, arguments.GetString("message"), """{"type":"object","properties":{"username":{"type":"string"},"email":{"type":"string"}},"required":["username","email"]}"""))),
            """{ "type": "object", "properties": { "message": { "type": "string" } }, "required": ["message"] }"""),
        Tool("test_elicitation_sep1034_defaults", "Asks with defaults.", async (_, context) =>
            Told("Elicitation completed", await context.AskAsync(Question(null, "Please review and update the form fields with defaults", Defaults)))),
        Tool("test_elicitation_sep1330_enums", "Asks with every kind of enumeration.", async (_, context) =>
            Told("Elicitation completed", await context.AskAsync(Question(null, "Please select options from the enum fields", Enumerations)))),
        Tool("test_missing_capability", "Needs the client's model.", async (_, context) =>
            ToolResult.FromText(TextOf(await context.AskAsync(Prompt(null, "Say hello.", 10))))),
        Tool("test_streaming_elicitation", "Asks the user, in whatever way there is.", async (_, context) =>
            Told("Elicitation completed", await context.AskAsync(Question(null, "Go on?", "ok", "boolean")))),
    ];

    private static ToolResult Told(string what, ElicitationAnswer answer) =>
        ToolResult.FromText($"{what}: action={answer.Action}, content={((JsonNode)answer.Content).ToJsonString()}");
}
