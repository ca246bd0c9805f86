using System.Text.Json;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.ConformanceServer.Tools;

/// <summary>Short ways to write the suite's tools down.</summary>
internal static class Define
{
    /// <summary>The schema of tools without arguments.</summary>
    public const string NoArguments = """{ "type": "object", "properties": {} }""";

    /// <summary>A tool that answers while its caller waits.</summary>
    public static ServerTool Tool(string name, string description, ToolBody body, string schema = NoArguments) => new()
    {
        Name = name,
        Description = description,
        InputSchema = JsonElement.Parse(schema),
        TaskSupport = TaskSupport.Forbidden,
        Body = body,
    };

    /// <summary>A tool that hands back what it always does.</summary>
    public static ServerTool Tool(string name, string description, Func<ToolResult> result, string schema = NoArguments) =>
        Tool(name, description, (_, _) => ValueTask.FromResult(result()), schema);

    /// <summary>A result of several blocks.</summary>
    public static ToolResult Of(params ContentBlock[] blocks) => new() { Content = blocks };

    /// <summary>A question with a form of one field.</summary>
    public static ElicitationRequest Question(string? key, string message, string field, string type) =>
        Question(key, message, $$$"""{"type":"object","properties":{"{{{field}}}":{"type":"{{{type}}}"}},"required":["{{{field}}}"]}""");

    /// <summary>A question with a form.</summary>
    public static ElicitationRequest Question(string? key, string message, string schema) =>
        new(message, JsonElement.Parse(schema)) { Key = key };

    /// <summary>A question to the client's model.</summary>
    public static SamplingRequest Prompt(string? key, string text, int maxTokens) =>
        new(new CreateMessageRequestParams
        {
            Messages = [new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = text }] }],
            MaxTokens = maxTokens,
        })
        {
            Key = key,
        };

    /// <summary>The text of a model's message.</summary>
    public static string TextOf(CreateMessageResult message) => string.Concat(message.Content.OfType<TextContentBlock>().Select(block => block.Text));
}
