using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Connections;

/// <summary>A tool as its server describes it (specification, server/tools).</summary>
public sealed record ToolDescriptor
{
    private static readonly JsonElement AnyObject = JsonDocument.Parse("""{ "type": "object" }""").RootElement;

    private HashSet<string>? _argumentNames;

    private ToolDescriptor(JsonObject definition) => Definition = definition;

    /// <summary>The name to call it by.</summary>
    public required string Name { get; init; }

    /// <summary>The name to show.</summary>
    public string? Title { get; init; }

    /// <summary>What it does.</summary>
    public string? Description { get; init; }

    /// <summary>The JSON Schema of its arguments.</summary>
    public JsonElement InputSchema { get; init; } = AnyObject;

    /// <summary>The names of its arguments, whose case does not matter.</summary>
    public IReadOnlySet<string> ArgumentNames => _argumentNames ??= new(ArgumentBinder.Names(InputSchema), StringComparer.OrdinalIgnoreCase);

    /// <summary>The JSON Schema of its structured result, if it has one.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>Hints on its behaviour, such as <c>readOnlyHint</c>.</summary>
    public JsonObject? Annotations { get; init; }

    /// <summary><c>execution.taskSupport</c> of revision 2025-11-25: forbidden, optional or required; null when not said.</summary>
    public string? TaskSupport { get; init; }

    /// <summary>The whole definition as it came.</summary>
    public JsonObject Definition { get; }

    /// <summary>Reads one entry of <c>tools/list</c>; null when it has no name.</summary>
    internal static ToolDescriptor? Read(JsonNode? entry)
    {
        if (entry is not JsonObject definition || definition.Member("name").Text() is not { Length: > 0 } name)
        {
            return null;
        }

        var annotations = definition.Member("annotations") as JsonObject;
        return new ToolDescriptor(definition)
        {
            Name = name,
            Title = definition.Member("title").Text() ?? annotations.Member("title").Text(),
            Description = definition.Member("description").Text(),
            InputSchema = definition.Member("inputSchema") is JsonObject input ? Element(input) ?? AnyObject : AnyObject,
            OutputSchema = definition.Member("outputSchema") is JsonObject output ? Element(output) : null,
            Annotations = annotations,
            TaskSupport = definition.Member("execution").Member("taskSupport").Text(),
        };
    }

    // One schema that is no valid text must not take all the other tools along.
    private static JsonElement? Element(JsonObject schema)
    {
        try
        {
            return schema.ToElement();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
