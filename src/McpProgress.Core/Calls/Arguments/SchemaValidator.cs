using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// Checks JSON against the keywords of JSON Schema that tools use: type, enum, const, the bounds of numbers, texts, arrays
/// and objects, pattern, properties, patternProperties, additionalProperties, required, items, prefixItems, allOf, anyOf,
/// oneOf (as anyOf) and <c>$ref</c> within the document. The other keywords are the server's to check.
/// </summary>
internal sealed class SchemaValidator(SchemaDocument document)
{
    // What a message names: who has forgotten more has forgotten all of them.
    private const int MostMissing = 10;
    private const int LongestName = 128;

    /// <summary>Checks a value.</summary>
    /// <returns>The first thing that does not fit, or null when all does.</returns>
    public Mismatch? Check(JsonNode? node, JsonElement schema) => Check(node, schema, null);

    /// <summary>The JSON Schema type of a node.</summary>
    public static JsonTypes TypeOf(JsonNode? node) => node switch
    {
        null => JsonTypes.Null,
        JsonObject => JsonTypes.Object,
        JsonArray => JsonTypes.Array,
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => JsonTypes.String,
            JsonValueKind.Number => JsonNumbers.IsIntegral(JsonNumbers.Of(value)) ? JsonTypes.Integer : JsonTypes.Fraction,
            _ => JsonTypes.Boolean,
        },
        _ => JsonTypes.None,
    };

    /// <summary>Whether two values are equal as JSON Schema has it: numbers by value, objects in any order.</summary>
    public static bool Same(JsonNode? node, JsonElement value) => (node, value.ValueKind) switch
    {
        (null, JsonValueKind.Null) => true,
        (JsonObject members, JsonValueKind.Object) =>
            value.EnumerateObject().Count() == members.Count
            && members.All(member => value.TryGet(member.Key, out var other) && Same(member.Value, other)),
        (JsonArray items, JsonValueKind.Array) =>
            value.GetArrayLength() == items.Count && items.Zip(value.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
        (JsonValue scalar, JsonValueKind.String) => scalar.GetValueKind() == JsonValueKind.String && scalar.GetValue<string>() == value.DecodedText(),
        (JsonValue scalar, JsonValueKind.Number) => scalar.GetValueKind() == JsonValueKind.Number && JsonNumbers.Compare(JsonNumbers.Of(scalar), value) == 0,
        (JsonValue scalar, JsonValueKind.True or JsonValueKind.False) => scalar.GetValueKind() == value.ValueKind,
        _ => false,
    };

    /// <summary>Checks a value that was led here by the references of a trail, all of them about this same value.</summary>
    private Mismatch? Check(JsonNode? node, JsonElement schema, Trail? trail)
    {
        document.Enter();
        var mismatch = schema.ValueKind switch
        {
            JsonValueKind.Object => CheckKeywords(node, schema, trail),
            JsonValueKind.False => Wrong(node, schema),
            _ => null,
        };
        document.Leave();
        return mismatch;
    }

    private Mismatch? CheckKeywords(JsonNode? node, JsonElement schema, Trail? trail) =>
        CheckReference(node, schema, trail)
        ?? CheckType(node, schema)
        ?? CheckChoices(node, schema)
        ?? node switch
        {
            JsonObject members => CheckObject(members, schema),
            JsonArray items => CheckArray(items, schema),
            JsonValue value when value.GetValueKind() == JsonValueKind.Number => CheckNumber(value, schema),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => CheckText(value, schema),
            _ => null,
        }
        ?? FirstMismatch(schema.Elements("allOf"), member => Check(node, member, trail))
        ?? CheckAlternatives(node, schema, "anyOf", trail)
        ?? CheckAlternatives(node, schema, "oneOf", trail);

    /// <summary>A reference back to a schema that is being checked already asks for nothing more.</summary>
    private Mismatch? CheckReference(JsonNode? node, JsonElement schema, Trail? trail) =>
        schema.Text("$ref") is { } reference && trail?.Has(reference) != true && document.TryResolve(reference, out var target)
            ? Check(node, target, new Trail(reference, trail))
            : null;

    private Mismatch? CheckType(JsonNode? node, JsonElement schema) =>
        schema.Types() is { } types && (types & TypeOf(node)) == 0 ? Wrong(node, schema, disqualifies: 0) : null;

    private Mismatch? CheckChoices(JsonNode? node, JsonElement schema) =>
        schema.Choices() is { } choices && !choices.Any(choice => Same(node, choice)) ? Wrong(node, schema, choices.Count == 1 ? 1 : -1) : null;

    private Mismatch? CheckNumber(JsonValue node, JsonElement schema)
    {
        var number = JsonNumbers.Of(node);
        var fits = (schema.Number("minimum") is not { } minimum || JsonNumbers.Compare(number, minimum) >= 0)
            && (schema.Number("maximum") is not { } maximum || JsonNumbers.Compare(number, maximum) <= 0)
            && (schema.Number("exclusiveMinimum") is not { } above || JsonNumbers.Compare(number, above) > 0)
            && (schema.Number("exclusiveMaximum") is not { } below || JsonNumbers.Compare(number, below) < 0);
        return fits ? null : Wrong(node, schema);
    }

    private Mismatch? CheckText(JsonValue node, JsonElement schema)
    {
        var text = node.GetValue<string>();
        var fits = (schema.Count("minLength") is not { } least || Characters(text) >= least)
            && (schema.Count("maxLength") is not { } most || Characters(text) <= most)
            && (schema.Text("pattern") is not { } pattern || document.Matches(text, pattern, whenUnknown: true));
        return fits ? null : Wrong(node, schema);

        // A length counts characters, not UTF-16 units (JSON Schema 2020-12 validation, 6.3.1).
        static int Characters(string text) => text.EnumerateRunes().Count();
    }

    private Mismatch? CheckArray(JsonArray items, JsonElement schema)
    {
        if (items.Count < schema.Count("minItems") || items.Count > schema.Count("maxItems"))
        {
            return Wrong(items, schema);
        }

        var prefix = schema.PrefixItems();
        var hasRest = schema.TryItems(out var rest);
        for (var i = 0; i < items.Count; i++)
        {
            if (i < prefix.Count || hasRest)
            {
                if (Check(items[i], i < prefix.Count ? prefix[i] : rest, null) is { } mismatch)
                {
                    return mismatch.Within(i);
                }
            }
        }

        return null;
    }

    private Mismatch? CheckObject(JsonObject members, JsonElement schema) =>
        CheckConstants(members, schema)
        ?? CheckUnknown(members, schema)
        ?? CheckRequired(members, schema)
        ?? FirstMismatch(members, member => CheckMember(member.Key, member.Value, schema)?.Within(member.Key))
        ?? (members.Count < schema.Count("minProperties") || members.Count > schema.Count("maxProperties") ? Wrong(members, schema) : null);

    /// <summary>Before all else, what tells alternatives apart: { "kind": { "const": "file" }, … }.</summary>
    private Mismatch? CheckConstants(JsonObject members, JsonElement schema) => FirstMismatch(
        schema.Members("properties").Where(property => property.Value.HasSingleChoice() && members.ContainsKey(property.Name)),
        property => Check(members[property.Name], property.Value, null)?.Within(property.Name));

    private Mismatch? CheckMember(string name, JsonNode? value, JsonElement schema)
    {
        Mismatch? mismatch = null;
        var isKnown = schema.TryMember("properties", name, out var property);
        if (isKnown)
        {
            mismatch = Check(value, property, null);
        }

        foreach (var (pattern, described) in schema.Members("patternProperties"))
        {
            if (document.Matches(name, pattern, whenUnknown: false))
            {
                isKnown = true;
                mismatch ??= Check(value, described, null);
            }
        }

        return isKnown || !schema.TryKeyword("additionalProperties", JsonValueKind.Object, out var additional)
            ? mismatch
            : Check(value, additional, null);
    }

    private Mismatch? CheckUnknown(JsonObject members, JsonElement schema)
    {
        if (!schema.TryKeyword("additionalProperties", JsonValueKind.False, out _))
        {
            return null;
        }

        foreach (var (name, _) in members)
        {
            // A pattern that cannot be read might allow the name: that is the server's to say.
            if (!schema.TryMember("properties", name, out _)
                && !schema.Members("patternProperties").Any(pattern => document.Matches(name, pattern.Name, whenUnknown: true)))
            {
                var known = schema.Members("properties").Select(property => property.Name).ToArray();
                return Mismatch.Because(path => Unknown(path, name, known));
            }
        }

        return null;
    }

    private Mismatch? CheckRequired(JsonObject members, JsonElement schema)
    {
        var missing = schema.Elements("required")
            .Where(name => name.ValueKind == JsonValueKind.String)
            .Select(name => name.DecodedText())
            .OfType<string>()
            .Where(name => !members.ContainsKey(name))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return missing.Length == 0 ? null : Mismatch.Because(path => Missing(path, missing, members, schema));
    }

    private Mismatch? CheckAlternatives(JsonNode? node, JsonElement schema, string keyword, Trail? trail)
    {
        var mismatches = new List<Mismatch>();
        foreach (var branch in schema.Elements(keyword))
        {
            if (Check(node, branch, trail) is not { } mismatch)
            {
                return null;
            }

            mismatches.Add(mismatch);
        }

        // The one branch that was meant says best what is wrong; when there is no such one, all are named.
        var meant = mismatches.Where(mismatch => !mismatch.RulesOut).ToArray();
        return mismatches.Count == 0 ? null
            : meant.Length == 1 ? meant[0]
            : mismatches.Count == 1 ? mismatches[0]
            : Mismatch.Value(() => SchemaText.DescribeAlternatives(schema, keyword, document.Root), node, IsSecret(schema));
    }

    private Mismatch Wrong(JsonNode? node, JsonElement schema, int disqualifies = -1) =>
        Mismatch.Value(() => SchemaText.Describe(schema, document.Root), node, IsSecret(schema), disqualifies);

    private static bool IsSecret(JsonElement schema) => schema.Flag("writeOnly") || schema.Text("format") == "password";

    private static Mismatch? FirstMismatch<T>(IEnumerable<T> values, Func<T, Mismatch?> check)
    {
        foreach (var value in values)
        {
            if (check(value) is { } mismatch)
            {
                return mismatch;
            }
        }

        return null;
    }

    private static string Unknown(string path, string name, string[] known)
    {
        var hint = NearestNames.Hint(name, known);
        if (hint.Length == 0)
        {
            hint = known.Length == 0 ? " It takes none." : $" It takes {SchemaText.List(known, 10)}.";
        }

        name = TerminalText.Shorten(TerminalText.Clean(name), 60);
        return path.Length == 0
            ? $"The tool has no argument '{name}'.{hint}"
            : $"{Mismatch.Argument(path)} has no '{name}'.{hint}";
    }

    private string Missing(string path, string[] missing, JsonObject members, JsonElement schema)
    {
        // A name that the schema does not know is likely a misspelt one that it misses.
        var known = schema.Members("properties").Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
        var strangers = members.Select(member => member.Key).Where(name => !known.Contains(name)).ToArray();
        var described = missing.Take(MostMissing).Select(name =>
        {
            var shown = $"'{TerminalText.Shorten(TerminalText.Clean(name), LongestName)}'";
            if (NearestNames.Find(name, strangers, max: 1) is [var misspelt])
            {
                shown += $" (you gave '{TerminalText.Clean(misspelt)}')";
            }

            if (!schema.TryMember("properties", name, out var property))
            {
                return shown;
            }

            var wants = SchemaText.Describe(property, document.Root);
            var description = TerminalText.Shorten(TerminalText.Clean(property.Text("description")), 120);
            return description.Length == 0 ? $"{shown} ({wants})" : $"{shown} ({wants}: {description})";
        }).ToArray();
        var what = string.Join(", ", described) + (missing.Length > MostMissing ? $" and {missing.Length - MostMissing} more" : "");
        return path.Length > 0 ? $"{Mismatch.Argument(path)} needs {what}."
            : described.Length == 1 ? $"The tool needs the argument {what}."
            : $"The tool needs the arguments {what}.";
    }

    private sealed record Trail(string Reference, Trail? Before)
    {
        public bool Has(string reference) => Reference == reference || Before?.Has(reference) == true;
    }
}
