using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Transport;

namespace McpProgress.PowerShell.Conversion;

/// <summary>What a tool's result becomes in the pipeline.</summary>
internal static class ToolOutput
{
    /// <summary>
    /// The structured result as an object where there is one, and as single items where it is a list; else each text block as
    /// a string; pictures, sounds and resources as objects in both cases.
    /// </summary>
    public static IEnumerable<object?> Of(ToolCallResult result)
    {
        bool structured = result.StructuredContent is not null;
        if (structured)
        {
            object? value = JsonOutput.ToObject(result.UnwrappedContent);
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
            string? type = block.Member("type").Text();
            if (!structured || type != "text")
            {
                yield return ToObject(type, block);
            }
        }
    }

    private static object? ToObject(string? type, JsonObject block) => type switch
    {
        "text" => block.Member("text").Text(),
        "image" or "audio" => new McpMedia(type, block.Member("mimeType").Text(), Bytes(block.Member("data")) ?? []),
        "resource" => ToResource(type, block.Member("resource") as JsonObject ?? []),
        "resource_link" => ToResource(type, block),
        _ => JsonOutput.ToObject(block),
    };

    private static McpResource ToResource(string type, JsonObject resource) => new(
        type, resource.Member("uri").Text(), resource.Member("mimeType").Text(), resource.Member("name").Text(), resource.Member("text").Text(), Bytes(resource.Member("blob")));

    private static byte[]? Bytes(JsonNode? node)
    {
        string? text = node.Text();
        byte[] buffer = new byte[text is null ? 0 : text.Length];
        return text is not null && Convert.TryFromBase64String(text, buffer, out int length) ? buffer[..length] : null;
    }
}
