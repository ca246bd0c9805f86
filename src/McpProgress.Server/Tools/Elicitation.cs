using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tools;

/// <summary>A question a tool puts to the user (elicitation in form mode).</summary>
/// <param name="Message">The question, for a person to read.</param>
/// <param name="Schema">
/// What the answer must look like: an object schema whose properties are strings, numbers, booleans or enumerations, as
/// the protocol allows. A property's <c>default</c> stands in for what is not answered.
/// </param>
public sealed record ElicitationRequest(string Message, JsonElement Schema) : ToolQuestion<ElicitationAnswer>
{
    /// <inheritdoc/>
    internal override string Method => RequestMethods.ElicitationCreate;

    /// <inheritdoc/>
    internal override ClientCapabilities Needs => new() { Elicitation = new ElicitationCapability() };

    /// <inheritdoc/>
    internal override string Capability => "elicitation";

    /// <inheritdoc/>
    internal override string Text => Message;

    /// <inheritdoc/>
    internal override bool IsTakenBy(ClientCapabilities? client) => client?.Elicitation?.Form is not null;

    /// <inheritdoc/>
    internal override JsonObject ToParameters() => new()
    {
        ["message"] = Message,
        ["requestedSchema"] = JsonSerializer.SerializeToNode(Schema),
    };

    private protected override ElicitationAnswer Read(JsonNode? answer) => ElicitationAnswer.Read(answer, this);
}

/// <summary>What the user answered to an <see cref="ElicitationRequest"/>.</summary>
/// <param name="Action"><c>accept</c>, <c>decline</c> or <c>cancel</c>.</param>
/// <param name="Content">What was accepted, by the names of the schema, defaults filled in; empty otherwise.</param>
public sealed record ElicitationAnswer(string Action, JsonObject Content)
{
    /// <summary>Whether the question was answered, and not declined or dismissed.</summary>
    public bool IsAccepted => Action == "accept";

    /// <summary>Reads an answer (<c>ElicitResult</c>) and checks it against its question.</summary>
    /// <exception cref="FormatException">It does not fit; the message says what is wanted.</exception>
    internal static ElicitationAnswer Read(JsonNode? answer, ElicitationRequest request)
    {
        var action = (answer as JsonObject)?["action"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
        if (action is not ("accept" or "decline" or "cancel"))
        {
            throw new FormatException("An answer's action is accept, decline or cancel.");
        }

        if (action != "accept")
        {
            return new ElicitationAnswer(action, []);
        }

        var content = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in DefaultsOf(request.Schema))
        {
            content[property.Name] = property.Value.GetProperty("default");
        }

        foreach (var (name, given) in answer!["content"] as JsonObject ?? [])
        {
            content[name] = given;
        }

        try
        {
            return new ElicitationAnswer(action, ArgumentBinder.Bind(request.Schema, content));
        }
        catch (McpFailureException failure)
        {
            throw new FormatException(failure.Message, failure);
        }
    }

    private static IEnumerable<JsonProperty> DefaultsOf(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? properties.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty("default", out _))
            : [];
}
