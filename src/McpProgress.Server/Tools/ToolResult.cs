using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tools;

/// <summary>What a tool hands back: content blocks, perhaps an object, and whether it is an error.</summary>
public sealed class ToolResult
{
    // The text is read by people and models: letters stay letters in it.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The blocks a client shows.</summary>
    public IReadOnlyList<ContentBlock> Content { get; init; } = [];

    /// <summary>The same result as an object that fits the tool's output schema; null if the tool has none.</summary>
    public JsonElement? StructuredContent { get; init; }

    /// <summary>True when the tool failed; the text then says why (<c>isError</c> on the wire).</summary>
    public bool IsError { get; init; }

    /// <summary>What a client may want to know about it beside (<c>_meta</c> on the wire); null for nothing.</summary>
    public JsonObject? Meta { get; init; }

    /// <summary>A result of one text block.</summary>
    /// <param name="text">The text.</param>
    public static ToolResult FromText(string text) => new() { Content = [new TextContentBlock { Text = text }] };

    /// <summary>An object as <c>structuredContent</c>, and as JSON text for clients that read only text.</summary>
    /// <param name="value">The object.</param>
    public static ToolResult FromObject(JsonObject value) => new()
    {
        Content = [new TextContentBlock { Text = JsonSerializer.Serialize(value, Readable) }],
        StructuredContent = JsonSerializer.SerializeToElement(value),
    };

    /// <summary>A failure that the caller may read and react to.</summary>
    /// <param name="text">What went wrong and what to do about it.</param>
    public static ToolResult FromError(string text) => new() { Content = [new TextContentBlock { Text = text }], IsError = true };

    /// <summary>All its text, blocks a line each; empty for none.</summary>
    internal string Text => string.Join('\n', Content.OfType<TextContentBlock>().Select(block => block.Text));

    /// <summary>The result as <c>CallToolResult</c> of the protocol.</summary>
    internal JsonObject ToJson() => (JsonObject)JsonSerializer.SerializeToNode(
        new CallToolResult { Content = [.. Content], StructuredContent = StructuredContent, IsError = IsError, Meta = Meta }, McpJsonUtilities.DefaultOptions)!;
}
