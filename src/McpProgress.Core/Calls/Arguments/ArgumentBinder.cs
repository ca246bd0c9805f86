using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// Turns a caller's arguments into the JSON that a tool's input schema asks for, or says before anything is sent why it
/// cannot: the argument, what it got, and what the schema wants.
/// </summary>
/// <remarks>
/// Names match the schema's properties exactly, else ignoring case. Values keep their own type where the schema allows
/// it; otherwise text becomes a number or boolean, a number or boolean becomes text, 0 and 1 become booleans, one value
/// becomes an array of one, a text takes the declared spelling of an enum's value, dates are written as ISO 8601. A number
/// is never rounded. Of alternatives, the first that fits as it is wins, then the first that fits converted. Defaults are
/// left to the server. What <see cref="SchemaValidator"/> lists is checked; the rest is the server's to judge.
/// </remarks>
public static class ArgumentBinder
{
    // A simple argument takes about five steps; the allowance leaves room for generous unions and ends hostile ones
    // within a second or so.
    private const long BaseAllowance = 50_000;
    private const long AllowanceForEachValue = 200;

    /// <summary>Binds arguments to a tool's input schema.</summary>
    /// <param name="schema">The tool's <c>inputSchema</c>.</param>
    /// <param name="arguments">
    /// Values of the caller: texts, booleans, numbers, dates and times, GUIDs, URIs, enums, byte arrays (sent as Base64),
    /// dictionaries, sequences, JSON, null.
    /// </param>
    /// <returns>The <c>arguments</c> of the call.</returns>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>.</exception>
    public static JsonObject Bind(JsonElement schema, IReadOnlyDictionary<string, object?> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);

        var plain = new PlainValues();
        var values = plain.Read(arguments);
        var document = new SchemaDocument(schema, BaseAllowance + (AllowanceForEachValue * plain.Count));
        var validator = new SchemaValidator(document);
        var bound = new SchemaConverter(document, validator).Convert(values, SchemaView.Of(document, schema), coerce: true);
        if (validator.Check(bound, schema) is { } mismatch)
        {
            throw mismatch.ToFailure();
        }

        // A schema that wants no object is no tool's; a dictionary stays one whatever else it asks for.
        return bound as JsonObject
            ?? throw new McpFailureException(ErrorIds.InvalidArgument, "The tool's schema does not describe arguments by name. Nothing was sent.");
    }

    /// <summary>Reads arguments that were given as JSON text.</summary>
    /// <param name="json">A JSON object.</param>
    /// <returns>Its members, ready for <see cref="Bind"/>; numbers keep every digit.</returns>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>, with line and column when it does not parse.</exception>
    public static IReadOnlyDictionary<string, object?> ParseJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);

        var root = JsonText.Parse(json, "The arguments' text");
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"The arguments' text must be a JSON object such as {{\"name\": \"value\"}}, not {Named(root.ValueKind)}. Nothing was sent.");
        }

        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            if (!arguments.TryAdd(member.Name, member.Value))
            {
                throw new McpFailureException(
                    ErrorIds.InvalidArgument,
                    $"The arguments' text gives '{TerminalText.Clean(member.Name)}' twice. Nothing was sent.");
            }
        }

        return arguments;
    }

    /// <summary>
    /// Takes from a piped object what the tool has arguments for, by name (exactly, else ignoring case). A null is left
    /// out where the tool takes none: an object's empty property is not an argument that was given.
    /// </summary>
    /// <param name="schema">The tool's <c>inputSchema</c>.</param>
    /// <param name="properties">The object's properties.</param>
    /// <returns>The matching ones, under the names the tool uses.</returns>
    public static IReadOnlyDictionary<string, object?> MatchProperties(JsonElement schema, IReadOnlyDictionary<string, object?> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);

        var document = new SchemaDocument(schema, BaseAllowance);
        var validator = new SchemaValidator(document);
        var views = Views(document, schema);
        var byCase = properties.GroupBy(property => property.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => same.First().Value, StringComparer.OrdinalIgnoreCase);

        var matched = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in views.SelectMany(one => one.PropertyNames).Distinct(StringComparer.Ordinal))
        {
            if ((properties.TryGetValue(name, out var value) || byCase.TryGetValue(name, out value))
                && (value is not null || views.Any(one => one.HasProperty(name) && one.Property(name).Given.All(wanted => validator.Check(null, wanted) is null))))
            {
                matched.Add(name, value);
            }
        }

        return matched;
    }

    /// <summary>The names of all arguments, those of alternatives included.</summary>
    /// <param name="schema">The tool's <c>inputSchema</c>; one that takes too much work has none.</param>
    public static IReadOnlyList<string> Names(JsonElement schema)
    {
        try
        {
            return [.. Views(new SchemaDocument(schema, BaseAllowance), schema).SelectMany(one => one.PropertyNames).Distinct(StringComparer.Ordinal)];
        }
        catch (McpFailureException)
        {
            // Listing the server's tools goes on; a call says what is wrong.
            return [];
        }
    }

    /// <summary>Whether an argument may be a value of some kind: its schema says so, or does not say of which kind it is.</summary>
    /// <param name="schema">The tool's <c>inputSchema</c>.</param>
    /// <param name="name">The argument's name.</param>
    /// <param name="kind">An array, a number or a text.</param>
    public static bool Takes(JsonElement schema, string name, JsonValueKind kind) => Allows(PropertyOf(schema, name), kind switch
    {
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Number => JsonTypes.Number,
        _ => JsonTypes.String,
    });

    /// <summary>The values that an argument's schema lists, wherever it does; none where it lists none.</summary>
    /// <param name="schema">The tool's <c>inputSchema</c>.</param>
    /// <param name="name">The argument's name.</param>
    public static IReadOnlyList<JsonElement> Choices(JsonElement schema, string name) => [.. Listed(PropertyOf(schema, name))];

    private static SchemaView[] Views(SchemaDocument document, JsonElement schema)
    {
        var view = SchemaView.Of(document, schema);
        return [.. view.Alternatives.Prepend(view)];
    }

    private static SchemaView PropertyOf(JsonElement schema, string name) =>
        SchemaView.Of(new SchemaDocument(schema, BaseAllowance), schema).Property(name);

    private static bool Allows(SchemaView view, JsonTypes type) =>
        (view.Types is not { } types || (types & type) != 0) && (view.Alternatives.Count == 0 || view.Alternatives.Any(chosen => Allows(chosen, type)));

    private static IEnumerable<JsonElement> Listed(SchemaView view) => view.Choices ?? view.Alternatives.SelectMany(Listed);

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };
}
