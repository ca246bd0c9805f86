using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The JSON schema of one parameter: its type, and what its validation attributes demand.</summary>
internal static partial class ParameterSchema
{
    /// <summary>The schema; null when no JSON can become a value of the parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="help">What the command's help says of it; null for nothing.</param>
    public static JsonObject? Of(ParameterMetadata parameter, string? help)
    {
        if (TypeSchema.OfParameter(parameter.ParameterType) is not { } schema)
        {
            return null;
        }

        // Validation is of each element of a list, except that of its length.
        var each = schema["items"] as JsonObject ?? schema;
        var element = TypeSchema.ElementOf(parameter.ParameterType);
        var type = element ?? parameter.ParameterType;
        var notes = new List<string>();
        var description = parameter.Attributes.OfType<ParameterAttribute>().Select(attribute => attribute.HelpMessage).Prepend(help).FirstOrDefault(message => !string.IsNullOrWhiteSpace(message));
        notes.AddRange(new[] { description, schema["description"]?.GetValue<string>() }.OfType<string>());
        foreach (var attribute in parameter.Attributes)
        {
            if (attribute is ValidateCountAttribute count && element is not null)
            {
                schema["minItems"] = count.MinLength;
                schema["maxItems"] = count.MaxLength;
            }

            Apply(attribute, type, each, notes);
        }

        if (IsMandatory(parameter))
        {
            RefuseEmpty(parameter, schema, each);
        }

        if (parameter.Attributes.Any(IsAgainstEmpty))
        {
            RefuseEmpty(parameter.ParameterType, schema, each);
        }

        if (notes.Count > 0)
        {
            schema["description"] = string.Join(' ', notes);
        }

        return schema;
    }

    private static void Apply(Attribute attribute, Type type, JsonObject each, List<string> notes)
    {
        switch (attribute)
        {
            case ValidateSetAttribute set when IsAsWritten(type) && each["type"] is JsonValue:
                each["enum"] = new JsonArray([.. set.ValidValues.Distinct(StringComparer.Ordinal).Select(value => (JsonNode)value)]);
                break;

            case ValidateSetAttribute set:
                // The set is written as text; the values are not.
                notes.Add($"One of: {string.Join(", ", set.ValidValues)}.");
                break;

            case ValidateRangeAttribute range when IsNumber(each):
                Narrow(each, "minimum", PlainJson.Number(range.MinRange), isLeast: true);
                Narrow(each, "maximum", PlainJson.Number(range.MaxRange), isLeast: false);
                break;

            case ValidateLengthAttribute length when type == typeof(string):
                each["minLength"] = length.MinLength;
                each["maxLength"] = length.MaxLength;
                break;

            case ValidatePatternAttribute pattern:
                Apply(pattern, type, each, notes);
                break;

            default:
                break;
        }
    }

    // JSON Schema's patterns are ECMAScript's and mind the case; PowerShell's are .NET's and, unless told, do not.
    private static void Apply(ValidatePatternAttribute pattern, Type type, JsonObject each, List<string> notes)
    {
        var ignoresCase = pattern.Options.HasFlag(RegexOptions.IgnoreCase);
        var means = pattern.Options & ~RegexOptions.IgnoreCase;
        var isSaid = IsAsWritten(type) && means == RegexOptions.None && IsRegex(pattern.RegexPattern);
        if (isSaid && !DotnetOnly().IsMatch(pattern.RegexPattern) && !(ignoresCase && Letter().IsMatch(Escapes().Replace(pattern.RegexPattern, ""))))
        {
            each["pattern"] = pattern.RegexPattern;
        }
        else
        {
            notes.Add($"Must match the regular expression {pattern.RegexPattern}{(ignoresCase ? ", ignoring case" : "")}.");
        }
    }

    private static bool IsRegex(string pattern)
    {
        try
        {
            _ = new Regex(pattern);
            return true;
        }
        catch (ArgumentException)
        {
            // No value will match it, but that is PowerShell's to say.
            return false;
        }
    }

    // What PowerShell does not take for a mandatory parameter.
    private static void RefuseEmpty(ParameterMetadata parameter, JsonObject schema, JsonObject each)
    {
        var type = parameter.ParameterType;
        var element = IsCollection(type) ? TypeSchema.ElementOf(type) : type;
        if (element == typeof(string) && !parameter.Attributes.Any(attribute => attribute is AllowEmptyStringAttribute))
        {
            Raise(each, "minLength");
        }

        if (IsCollection(type) && !parameter.Attributes.Any(attribute => attribute is AllowEmptyCollectionAttribute))
        {
            Raise(schema, "minItems");
        }
    }

    private static void RefuseEmpty(Type type, JsonObject schema, JsonObject each)
    {
        if ((TypeSchema.ElementOf(type) ?? type) == typeof(string))
        {
            Raise(each, "minLength");
        }

        if (TypeSchema.ElementOf(type) is not null)
        {
            Raise(schema, "minItems");
        }
        else if (typeof(IDictionary).IsAssignableFrom(type) || TypeSchema.EntryOf(type) is not null)
        {
            Raise(schema, "minProperties");
        }
    }

    private static void Raise(JsonObject schema, string least)
    {
        // Of a list of choices it is enough that none is empty.
        var isSaid = schema["enum"] is JsonArray choices && !choices.Any(choice => (string?)choice == "");
        if (!isSaid && (schema[least] is not { } count || (int)count == 0))
        {
            schema[least] = 1;
        }
    }

    // The type has bounds of its own, and a range may be wider.
    private static void Narrow(JsonObject schema, string name, JsonNode? bound, bool isLeast)
    {
        if (bound is not null && (schema[name] is not { } own || (isLeast ? Size(bound) > Size(own) : Size(bound) < Size(own))))
        {
            schema[name] = bound;
        }

        static double Size(JsonNode number) => double.Parse(number.ToJsonString(), CultureInfo.InvariantCulture);
    }

    private static bool IsMandatory(ParameterMetadata parameter) => parameter.Attributes.OfType<ParameterAttribute>().Any(attribute => attribute.Mandatory);

    // PowerShell has another of the kind since 7.4, which refuses spaces too.
    private static bool IsAgainstEmpty(Attribute attribute) => attribute is ValidateNotNullOrEmptyAttribute || attribute.GetType().Name == "ValidateNotNullOrWhiteSpaceAttribute";

    // What is validated is a value as PowerShell writes it: of a date, say, that is not what was sent.
    private static bool IsAsWritten(Type type) => type == typeof(string) || type == typeof(char) || type.IsEnum;

    private static bool IsNumber(JsonObject schema) => schema["type"] is JsonValue type && type.TryGetValue(out string? name) && name is "integer" or "number";

    // As PowerShell has it, which looks at the interfaces a type has and not at the one it may be: an IEnumerable<string> may well be empty.
    private static bool IsCollection(Type type) =>
        TypeSchema.ElementOf(type) is not null
        && type.GetInterfaces().Any(face => face == typeof(IList) || (face.IsGenericType && face.GetGenericTypeDefinition() == typeof(ICollection<>)));

    [GeneratedRegex(@"\\[AzZG]|\(\?(?![:=!]|<[=!])|\\[pP]\{|\[[^\]]*-\[")]
    private static partial Regex DotnetOnly();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"\p{L}")]
    private static partial Regex Letter();
}
