using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;

namespace McpProgress.Core.Transport;

/// <summary>
/// Reads single members of a tree a server sent. A tree is decoded only where it is touched, so a member given twice, or a
/// string or a name that is no valid text, throws only here: such a value counts as absent and must not end the connection.
/// </summary>
public static class LenientJson
{
    /// <summary>For reading where a member that is given twice is an error at once, and not when it is touched.</summary>
    public static JsonDocumentOptions OneOfEach { get; } = new() { AllowDuplicateProperties = false };

    /// <summary>A member of an object; null when there is none, or no telling which.</summary>
    public static JsonNode? Member(this JsonNode? node, string name)
    {
        try
        {
            return node is JsonObject members && members.TryGetPropertyValue(name, out JsonNode? value) ? value : null;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The members of an object, each as often as it was given.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Members(this JsonObject node)
    {
        try
        {
            // A tree that has all its members is as good as a list of them.
            _ = node.Count;
            return node;
        }
        catch (ArgumentException)
        {
            return node.ToElement().EnumerateObject().Select(member => KeyValuePair.Create(member.Name, (JsonNode?)(member.Value.ValueKind switch
            {
                JsonValueKind.Object => JsonObject.Create(member.Value),
                JsonValueKind.Array => JsonArray.Create(member.Value),
                _ => JsonValue.Create(member.Value),
            })));
        }
    }

    /// <summary>The text of a string; null for anything else.</summary>
    public static string? Text(this JsonNode? node)
    {
        try
        {
            return node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
