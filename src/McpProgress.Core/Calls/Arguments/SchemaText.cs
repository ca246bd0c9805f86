using System.Text.Json;
using McpProgress.Core.Text;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>Says in a few words what a schema wants: <c>integer 1..10</c>, <c>one of a, b, c</c>, <c>array of string</c>.</summary>
public static class SchemaText
{
    private const int Longest = 200;
    private const int MostNames = 8;
    private const int MaxDepth = 3;
    private const string AnyValue = "any value";

    /// <summary>Describes a schema in one line that is safe for a terminal.</summary>
    /// <param name="schema">A schema, or a part of one.</param>
    /// <returns>At most 200 characters; <c>any value</c> for a schema that asks for nothing.</returns>
    public static string Describe(JsonElement schema) => Describe(schema, schema);

    /// <summary>Describes a part of a schema in one line that is safe for a terminal.</summary>
    /// <param name="schema">The part, for example the schema of one argument.</param>
    /// <param name="root">The whole schema, which references lead into.</param>
    /// <returns>At most 200 characters; <c>any value</c> for a schema that asks for nothing.</returns>
    public static string Describe(JsonElement schema, JsonElement root)
    {
        var describer = new Describer(new SchemaDocument(root, allowance: long.MaxValue));
        return TerminalText.Shorten(TerminalText.Clean(describer.Describe(schema, 0)), Longest);
    }

    /// <summary>Describes only the alternatives of a schema.</summary>
    internal static string DescribeAlternatives(JsonElement schema, string keyword, JsonElement root)
    {
        var describer = new Describer(new SchemaDocument(root, allowance: long.MaxValue));
        return TerminalText.Shorten(TerminalText.Clean(describer.Combined(schema, keyword, 0)), Longest);
    }

    /// <summary>Names with commas, the first few of them.</summary>
    internal static string List(IReadOnlyCollection<string> names, int most) =>
        TerminalText.Clean(string.Join(", ", names.Take(most)) + (names.Count > most ? $", … ({names.Count} in all)" : ""));

    private sealed class Describer(SchemaDocument document)
    {
        public string Describe(JsonElement schema, int depth)
        {
            if (schema.ValueKind == JsonValueKind.False)
            {
                return "nothing";
            }

            if (schema.ValueKind != JsonValueKind.Object)
            {
                return AnyValue;
            }

            if (depth > MaxDepth)
            {
                return "…";
            }

            if (schema.Choices() is { } choices)
            {
                var values = choices.Select(Value).ToArray();
                return values.Length == 1 ? values[0] : $"one of {List(values, MostNames)}";
            }

            if (schema.Types() is { } types)
            {
                return Typed(schema, types, depth);
            }

            if (schema.Text("$ref") is { } reference && document.TryResolve(reference, out var target))
            {
                return Describe(target, depth + 1);
            }

            foreach (var keyword in (ReadOnlySpan<string>)["anyOf", "oneOf", "allOf"])
            {
                if (Combined(schema, keyword, depth) is { Length: > 0 } combined)
                {
                    return combined;
                }
            }

            return schema.TryKeyword("properties", JsonValueKind.Object, out _) || schema.TryKeyword("required", JsonValueKind.Array, out _)
                ? Object(schema)
                : Unnamed(schema);
        }

        /// <summary>The members of anyOf, oneOf or allOf; empty when there are none that say anything.</summary>
        public string Combined(JsonElement schema, string keyword, int depth)
        {
            // Alternatives of alternatives multiply; a sentence needs only the first few of them.
            var parts = schema.Elements(keyword).Take(MostNames)
                .Select(part => Describe(part, depth + 1))
                .Where(part => keyword != "allOf" || part != AnyValue)
                .Distinct(StringComparer.Ordinal);
            return string.Join(keyword == "allOf" ? " and " : " or ", parts);
        }

        /// <summary>A schema without a type that still has bounds: they say which type they are about.</summary>
        private static string Unnamed(JsonElement schema) =>
            Range(schema) is { Length: > 0 } range ? $"number{range}"
            : Text(schema) is var text and not "string" ? text
            : AnyValue;

        private string Typed(JsonElement schema, JsonTypes types, int depth)
        {
            var words = new List<string>();
            if ((types & JsonTypes.String) != 0)
            {
                words.Add(Text(schema));
            }

            if ((types & JsonTypes.Number) != 0)
            {
                words.Add(((types & JsonTypes.Fraction) != 0 ? "number" : "integer") + Range(schema));
            }

            if ((types & JsonTypes.Boolean) != 0)
            {
                words.Add("boolean");
            }

            if ((types & JsonTypes.Array) != 0)
            {
                words.Add(Array(schema, depth));
            }

            if ((types & JsonTypes.Object) != 0)
            {
                words.Add(Object(schema));
            }

            if ((types & JsonTypes.Null) != 0)
            {
                words.Add("null");
            }

            return string.Join(" or ", words);
        }

        private static string Text(JsonElement schema)
        {
            var format = schema.Text("format") is { Length: > 0 } name ? $" ({name})" : "";
            var length = Counted(schema, "minLength", "maxLength", "characters");
            var pattern = schema.Text("pattern") is { } expression ? $" matching {TerminalText.Shorten(expression, 60)}" : "";
            return $"string{format}{(length.Length == 0 ? "" : $" of {length}")}{pattern}";
        }

        private static string Range(JsonElement schema)
        {
            var least = schema.Number("minimum")?.GetRawText();
            var most = schema.Number("maximum")?.GetRawText();
            var above = schema.Number("exclusiveMinimum")?.GetRawText();
            var below = schema.Number("exclusiveMaximum")?.GetRawText();
            if (least is not null && most is not null && above is null && below is null)
            {
                return $" {least}..{most}";
            }

            string?[] bounds =
            [
                least is null ? null : $">= {least}",
                above is null ? null : $"> {above}",
                most is null ? null : $"<= {most}",
                below is null ? null : $"< {below}",
            ];
            var said = string.Join(" and ", bounds.OfType<string>());
            return said.Length == 0 ? "" : $" {said}";
        }

        private string Array(JsonElement schema, int depth)
        {
            var items = schema.PrefixItems() is { Count: > 0 } prefix
                ? $" of [{string.Join(", ", prefix.Take(MostNames).Select(item => Describe(item, depth + 1)))}]"
                : schema.TryItems(out var each) && Describe(each, depth + 1) is var item and not AnyValue ? $" of {item}"
                : "";
            var length = Counted(schema, "minItems", "maxItems", "items");
            return $"array{items}{(length.Length == 0 ? "" : $", {length}")}";
        }

        private static string Object(JsonElement schema)
        {
            var names = schema.Members("properties").Select(property => property.Name).ToArray();
            if (names.Length == 0)
            {
                names = [.. schema.Elements("required").Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.DecodedText() ?? "")];
            }

            return names.Length == 0 ? "object" : $"object with {List(names, MostNames)}";
        }

        private static string Counted(JsonElement schema, string least, string most, string unit) => (schema.Count(least), schema.Count(most)) switch
        {
            (null or 0, null) => "",
            (null, { } max) => $"at most {max} {unit}",
            ({ } min, null) => $"at least {min} {unit}",
            ({ } min, { } max) => min == max ? $"{min} {unit}" : $"{min}..{max} {unit}",
        };

        private static string Value(JsonElement value) => TerminalText.Shorten(
            value.ValueKind == JsonValueKind.String ? value.DecodedText() : value.GetRawText(),
            40);
    }
}
