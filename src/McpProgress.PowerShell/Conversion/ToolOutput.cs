using System.Text.Json.Nodes;
using McpProgress.Core.Calls;

namespace McpProgress.PowerShell.Conversion;

/// <summary>What a tool's result becomes in the pipeline.</summary>
internal static class ToolOutput
{
    /// <summary>
    /// The structured result as an object where there is one, else each text block as a string; pictures, sounds and
    /// resources as objects in both cases.
    /// </summary>
    public static IEnumerable<object?> Of(ToolCallResult result)
    {
        bool structured = result.StructuredContent is not null;
        if (structured)
        {
            object? value = JsonOutput.ToObject(result.StructuredContent);
            if (value is object?[] items)
            {
                foreach (object? item in items)
                {
                    yield return item;
                }
            }
            else
            {
                yield return value;
            }
        }

        foreach (JsonObject block in result.Content)
        {
            string? type = Text(block["type"]);
            if (!structured || type != "text")
            {
                yield return ToObject(type, block);
            }
        }
    }

    private static object? ToObject(string? type, JsonObject block) => type switch
    {
        "text" => Text(block["text"]),
        "image" or "audio" => new McpMedia(type, Text(block["mimeType"]), Bytes(block["data"]) ?? []),
        "resource" => ToResource(type, block["resource"] as JsonObject ?? []),
        "resource_link" => ToResource(type, block),
        _ => JsonOutput.ToObject(block),
    };

    private static McpResource ToResource(string type, JsonObject resource) => new(
        type, Text(resource["uri"]), Text(resource["mimeType"]), Text(resource["name"]), Text(resource["text"]), Bytes(resource["blob"]));

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static byte[]? Bytes(JsonNode? node)
    {
        string? text = Text(node);
        byte[] buffer = new byte[text is null ? 0 : text.Length];
        return text is not null && Convert.TryFromBase64String(text, buffer, out int length) ? buffer[..length] : null;
    }
}
