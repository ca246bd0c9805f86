using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using McpProgress.Core.Text;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// Makes JSON of plain values (see <see cref="PlainValues"/>), shaped by a schema. It does what it can and judges nothing:
/// what does not fit is passed on as it is, for <see cref="SchemaValidator"/> to refuse.
/// </summary>
internal sealed class SchemaConverter(SchemaDocument document, SchemaValidator validator)
{
    private static readonly JsonTypes[] CoercionOrder = [JsonTypes.Integer, JsonTypes.Fraction, JsonTypes.String, JsonTypes.Boolean, JsonTypes.Array];

    /// <summary>Converts a value.</summary>
    /// <param name="value">A plain value.</param>
    /// <param name="view">What applies to it.</param>
    /// <param name="coerce">False leaves every value its own type; names of properties are matched all the same.</param>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>: two names that mean the same.</exception>
    public JsonNode? Convert(object? value, SchemaView view, bool coerce)
    {
        document.Enter();
        var node = value switch
        {
            _ when view.Alternatives.Count > 0 => ConvertByAlternative(value, view, coerce),
            Dictionary<string, object?> members when coerce && WantsOnlyArray(view) => Wrapped(members, view),
            Dictionary<string, object?> members => ConvertObject(members, view, coerce),
            List<object?> items => ConvertArray(items, view, coerce),
            _ => ConvertScalar(value, view, coerce),
        };
        document.Leave();
        return node;
    }

    /// <summary>
    /// The first alternative that fits. One that fits the value as it is comes before one that fits it converted: for
    /// <c>string | integer</c>, 5 stays 5.
    /// </summary>
    private JsonNode? ConvertByAlternative(object? value, SchemaView view, bool coerce)
    {
        foreach (var coerceNow in (ReadOnlySpan<bool>)[false, true])
        {
            if (coerceNow && !coerce)
            {
                break;
            }

            foreach (var chosen in view.Alternatives)
            {
                var candidate = Convert(value, chosen, coerceNow);
                // The branch is the last of those given, and the likeliest to refuse.
                if (chosen.Given.Reverse().All(schema => validator.Check(candidate, schema) is null))
                {
                    return candidate;
                }
            }
        }

        return Convert(value, view.WithoutAlternatives, coerce);
    }

    private JsonObject ConvertObject(Dictionary<string, object?> members, SchemaView view, bool coerce)
    {
        var result = new JsonObject();
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
        {
            var property = PropertyFor(name, view);
            if (!given.TryAdd(property, name))
            {
                throw Ambiguous($"'{given[property]}' and '{name}' both mean the argument '{property}'; give it once");
            }

            result.Add(property, Convert(value, view.Property(property), coerce));
        }

        return result;
    }

    private static string PropertyFor(string name, SchemaView view)
    {
        if (view.HasProperty(name) || view.HasPatternFor(name))
        {
            return name;
        }

        var matches = view.PropertyNames.Where(property => property.Equals(name, StringComparison.OrdinalIgnoreCase)).ToArray();
        return matches.Length switch
        {
            0 => name,
            1 => matches[0],
            _ => throw Ambiguous($"'{name}' could be any of the arguments {string.Join(", ", matches.Select(match => $"'{match}'"))}; write it exactly"),
        };
    }

    private static McpFailureException Ambiguous(string problem) =>
        new(ErrorIds.InvalidArgument, $"{TerminalText.Clean(problem)}. Nothing was sent.");

    private JsonArray ConvertArray(IEnumerable<object?> items, SchemaView view, bool coerce)
    {
        var result = new JsonArray();
        var prefixLength = view.PrefixLength;
        SchemaView? rest = null;
        foreach (var item in items)
        {
            var index = result.Count;
            result.Add(Convert(item, index < prefixLength ? view.Item(index) : rest ??= view.Item(index), coerce));
        }

        return result;
    }

    private JsonArray Wrapped(object? value, SchemaView view) => ConvertArray([value], view, coerce: true);

    private JsonNode? ConvertScalar(object? value, SchemaView view, bool coerce)
    {
        var types = view.Types;
        if (view.Choices is { } choices && Choice(value, Natural(value, view, types), choices, coerce) is { } choice)
        {
            return JsonNode.Parse(choice.GetRawText());
        }

        var natural = Natural(value, view, types);
        if (types is not { } allowed || (allowed & SchemaValidator.TypeOf(natural)) != 0)
        {
            return natural;
        }

        if (coerce && value is not null)
        {
            foreach (var type in CoercionOrder)
            {
                if ((allowed & type) != 0 && Coerced(value, type, allowed, view) is { } coerced)
                {
                    return coerced;
                }
            }
        }

        return natural;
    }

    private static JsonElement? Choice(object? value, JsonNode? natural, IReadOnlyList<JsonElement> choices, bool coerce)
    {
        foreach (var choice in choices)
        {
            if (SchemaValidator.Same(natural, choice))
            {
                return choice;
            }
        }

        if (!coerce || value is null)
        {
            return null;
        }

        var text = ScalarText(value) ?? natural?.ToString();
        var alike = choices.Where(choice => string.Equals(TextOf(choice), text, StringComparison.OrdinalIgnoreCase)).Take(2).ToArray();
        return alike.Length == 1 ? alike[0] : null;

        static string? TextOf(JsonElement choice) => choice.ValueKind switch
        {
            JsonValueKind.String => choice.DecodedText(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => choice.GetRawText(),
            _ => null,
        };
    }

    /// <summary>The value as the JSON type that is its own.</summary>
    private static JsonNode? Natural(object? value, SchemaView view, JsonTypes? types) => value switch
    {
        null => null,
        bool boolean => JsonValue.Create(boolean),
        string text => JsonValue.Create(text),
        byte[] bytes => JsonValue.Create(System.Convert.ToBase64String(bytes)),
        long or decimal or double or JsonElement => JsonNumbers.Node(value, integer: types is { } wanted && (wanted & JsonTypes.Number) == JsonTypes.Integer),
        Enum named => JsonValue.Create(named.ToString()),
        _ => JsonValue.Create(TimeText(value, view.Format)),
    };

    private JsonNode? Coerced(object value, JsonTypes type, JsonTypes allowed, SchemaView view)
    {
        switch (type)
        {
            case JsonTypes.Integer or JsonTypes.Fraction:
                var number = value switch
                {
                    string text => JsonNumbers.Parse(text),
                    Enum named => JsonNumbers.Parse(named.ToString("D")),
                    _ => null,
                };
                return number is not null && (type == JsonTypes.Fraction || JsonNumbers.IsIntegral(number))
                    ? JsonNumbers.Node(number, integer: type == JsonTypes.Integer && (allowed & JsonTypes.Fraction) == 0)
                    : null;
            case JsonTypes.String:
                return ScalarText(value) is { } written ? JsonValue.Create(written) : null;
            case JsonTypes.Boolean:
                return value switch
                {
                    string text when bool.TryParse(text, out var boolean) => JsonValue.Create(boolean),
                    long and (0 or 1) => JsonValue.Create((long)value == 1),
                    _ => null,
                };
            default:
                return value is byte[] bytes ? ConvertArray(bytes.Select(b => (object?)(long)b), view, coerce: true) : Wrapped(value, view);
        }
    }

    private static string? ScalarText(object value) => value switch
    {
        string text => text,
        bool boolean => boolean ? "true" : "false",
        long or decimal or double or JsonElement => JsonNumbers.Text(value),
        _ => null,
    };

    /// <summary>
    /// Dates and times in ISO 8601, by the schema's <c>format</c>. <c>date-time</c> demands an offset (RFC 3339): a
    /// <see cref="DateTime"/> that does not say is local, as everywhere in PowerShell.
    /// </summary>
    private static string TimeText(object value, string? format)
    {
        const string Date = "yyyy-MM-dd";
        const string Time = "HH:mm:ss.FFFFFFF";
        const string Stamp = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";
        var culture = CultureInfo.InvariantCulture;
        return (value, format) switch
        {
            (TimeSpan span, "duration") => XmlConvert.ToString(span),
            (TimeSpan span, _) => span.ToString("c", culture),
            (DateOnly date, _) => date.ToString(Date, culture),
            (TimeOnly time, _) => time.ToString(Time, culture),
            (_, "date") => ((IFormattable)value).ToString(Date, culture),
            (DateTime { Kind: DateTimeKind.Unspecified } date, "date-time") => DateTime.SpecifyKind(date, DateTimeKind.Local).ToString(Stamp, culture),
            (DateTime { Kind: DateTimeKind.Unspecified } date, "time") => DateTime.SpecifyKind(date, DateTimeKind.Local).ToString(Time + "K", culture),
            (_, "time") => ((IFormattable)value).ToString(Time + "K", culture),
            _ => ((IFormattable)value).ToString(Stamp, culture),
        };
    }

    private static bool WantsOnlyArray(SchemaView view) =>
        view.Types is { } types && (types & (JsonTypes.Array | JsonTypes.Object)) == JsonTypes.Array;
}
