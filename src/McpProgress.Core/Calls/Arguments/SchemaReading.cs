using System.Text.Json;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>The types of JSON Schema. Every integer is a number.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    String = 16,
    Array = 32,
    Object = 64,
    Number = Integer | Fraction,
}

/// <summary>Reads a schema's keywords. Schemas come from servers: a keyword of the wrong shape counts as absent.</summary>
internal static class SchemaReading
{
    /// <summary>A member of an object; false for anything that is no object, or whose names are not text.</summary>
    public static bool TryGet(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            // An escaped half character in one of the names: the object cannot be searched.
            return false;
        }
    }

    /// <summary>A keyword's value when it has the expected kind.</summary>
    public static bool TryKeyword(this JsonElement schema, string keyword, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        return schema.TryGet(keyword, out value) && value.ValueKind == kind;
    }

    /// <summary>A keyword's text, or null.</summary>
    public static string? Text(this JsonElement schema, string keyword) =>
        schema.TryKeyword(keyword, JsonValueKind.String, out var value) ? value.DecodedText() : null;

    /// <summary>A keyword's number, or null.</summary>
    public static JsonElement? Number(this JsonElement schema, string keyword) =>
        schema.TryKeyword(keyword, JsonValueKind.Number, out var value) ? value : null;

    /// <summary>A keyword's count, or null; a count beyond <see cref="long"/> limits nothing here.</summary>
    public static long? Count(this JsonElement schema, string keyword) =>
        schema.Number(keyword) is { } value && value.TryGetDouble(out var count) && Math.Abs(count) < long.MaxValue ? (long)count : null;

    /// <summary>A keyword that says true.</summary>
    public static bool Flag(this JsonElement schema, string keyword) => schema.TryKeyword(keyword, JsonValueKind.True, out _);

    /// <summary>The elements of a keyword that is an array.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement schema, string keyword) =>
        schema.TryKeyword(keyword, JsonValueKind.Array, out var value) ? value.EnumerateArray() : [];

    /// <summary>The members of a keyword that is an object. A name that is not text (half a character) is left out.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> Members(this JsonElement schema, string keyword)
    {
        if (!schema.TryKeyword(keyword, JsonValueKind.Object, out var members))
        {
            yield break;
        }

        foreach (var member in members.EnumerateObject())
        {
            if (member.DecodedName() is { } name)
            {
                yield return (name, member.Value);
            }
        }
    }

    /// <summary>A member of a keyword that is an object: <c>properties.name</c>.</summary>
    public static bool TryMember(this JsonElement schema, string keyword, string name, out JsonElement value)
    {
        value = default;
        return schema.TryKeyword(keyword, JsonValueKind.Object, out var members) && members.TryGet(name, out value);
    }

    /// <summary>The types a schema allows; null when it does not say, or says it in words that JSON Schema does not have.</summary>
    public static JsonTypes? Types(this JsonElement schema)
    {
        if (!schema.TryGet("type", out var type))
        {
            return null;
        }

        var types = type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Aggregate(JsonTypes.None, (all, one) => all | TypeOf(one))
            : TypeOf(type);
        return types == JsonTypes.None ? null : types;
    }

    /// <summary>The values a schema allows by <c>const</c> or <c>enum</c>; null when it has neither.</summary>
    public static IReadOnlyList<JsonElement>? Choices(this JsonElement schema)
    {
        if (schema.TryGet("const", out var only))
        {
            return [only];
        }

        return schema.TryKeyword("enum", JsonValueKind.Array, out var choices) ? [.. choices.EnumerateArray()] : null;
    }

    /// <summary>Whether a schema allows one value only.</summary>
    public static bool HasSingleChoice(this JsonElement schema) =>
        schema.TryGet("const", out _) || (schema.TryKeyword("enum", JsonValueKind.Array, out var choices) && choices.GetArrayLength() == 1);

    /// <summary>The schemas of an array's first elements: <c>prefixItems</c>, or <c>items</c> as an array (before 2020-12).</summary>
    public static IReadOnlyList<JsonElement> PrefixItems(this JsonElement schema)
    {
        var prefix = schema.Elements("prefixItems").ToArray();
        return prefix.Length > 0 ? prefix : [.. schema.Elements("items")];
    }

    /// <summary>The schema of an array's other elements, when there is one.</summary>
    public static bool TryItems(this JsonElement schema, out JsonElement items)
    {
        items = default;
        return schema.TryGet(schema.TryKeyword("items", JsonValueKind.Array, out _) ? "additionalItems" : "items", out items)
            && items.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False;
    }

    /// <summary>A text's value, or null when it is not text (half a character, escaped).</summary>
    public static string? DecodedText(this JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A member's name, or null when it is not text (half a character, escaped).</summary>
    public static string? DecodedName(this JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonTypes TypeOf(JsonElement name) => (name.ValueKind == JsonValueKind.String ? name.DecodedText() : null) switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "integer" => JsonTypes.Integer,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "array" => JsonTypes.Array,
        "object" => JsonTypes.Object,
        _ => JsonTypes.None,
    };
}
