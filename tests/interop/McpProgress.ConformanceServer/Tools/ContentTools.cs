using System.Text;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;
using static McpProgress.ConformanceServer.Tools.Define;

namespace McpProgress.ConformanceServer.Tools;

/// <summary>Tools whose results have every kind of content, and tools whose schemas have every kind of keyword.</summary>
internal static class ContentTools
{
    public static IEnumerable<ServerTool> All =>
    [
        Tool("test_simple_text", "Returns text.", () => ToolResult.FromText("This is a simple text response for testing.")),
        Tool("test_image_content", "Returns an image.", () => Of(Image())),
        Tool("test_audio_content", "Returns a sound.", () => Of(new AudioContentBlock { MimeType = "audio/wav", Data = Encoding.UTF8.GetBytes(Media.Audio) })),
        Tool("test_embedded_resource", "Returns a resource.", () => Of(Resource("test://embedded-resource", "text/plain", "This is an embedded resource content."))),
        Tool("test_multiple_content_types", "Returns text, an image and a resource.", () => Of(
            new TextContentBlock { Text = "Multiple content types test:" },
            Image(),
            Resource("test://mixed-content-resource", "application/json", """{"test":"data","value":123}"""))),
        Tool("test_error_handling", "Fails.", () => throw new ToolException("This tool intentionally returns an error for testing")),
        Tool("test_reconnection", "Returns text on a stream that can be resumed.", () => ToolResult.FromText("Reconnection test completed successfully.")),
        Tool(
            "test_header_tool",
            "Has an argument that comes as a header too.",
            (arguments, _) => ValueTask.FromResult(ToolResult.FromText($"Executed in region {arguments.GetString("region")}: {arguments.GetString("query")}")),
            """
            {
              "type": "object",
              "properties": {
                "region": { "type": "string", "x-mcp-header": "Region" },
                "query": { "type": "string" }
              },
              "required": ["region", "query"]
            }
            """),
        Tool(
            "json_schema_2020_12_tool",
            "Tool with JSON Schema 2020-12 features",
            () => ToolResult.FromText("JSON Schema 2020-12 tool executed successfully."),
            """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "type": "object",
              "$defs": {
                "address": {
                  "$anchor": "addressDef",
                  "type": "object",
                  "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
                }
              },
              "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" }
              },
              "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
              "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
              "then": { "required": ["phone"] },
              "else": { "required": ["email"] },
              "additionalProperties": false
            }
            """),
    ];

    private static ImageContentBlock Image() => new() { MimeType = "image/png", Data = Encoding.UTF8.GetBytes(Media.Image) };

    private static EmbeddedResourceBlock Resource(string uri, string type, string text) =>
        new() { Resource = new TextResourceContents { Uri = uri, MimeType = type, Text = text } };
}
