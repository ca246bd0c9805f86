using System.Collections.ObjectModel;
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
        var notes = new List<string>();
        var description = help ?? parameter.Attributes.OfType<ParameterAttribute>().Select(attribute => attribute.HelpMessage).FirstOrDefault(message => !string.IsNullOrWhiteSpace(message));
        notes.AddRange(new[] { description, schema["description"]?.GetValue<string>() }.OfType<string>());
        foreach (var attribute in parameter.Attributes)
        {
            Apply(attribute, schema, each, notes);
        }

        if (IsMandatory(parameter))
        {
            RefuseEmpty(parameter.Attributes, schema);
        }

        if (notes.Count > 0)
        {
            schema["description"] = string.Join(' ', notes);
        }

        return schema;
    }

    private static void Apply(Attribute attribute, JsonObject schema, JsonObject each, List<string> notes)
    {
        switch (attribute)
        {
            case ValidateSetAttribute set when IsText(each):
                each["enum"] = new JsonArray([.. set.ValidValues.Select(value => (JsonNode)value)]);
                break;

            case ValidateSetAttribute set:
                // The set is written as text; the values are not.
                notes.Add($"One of: {string.Join(", ", set.ValidValues)}.");
                break;

            case ValidateRangeAttribute range:
                SetIfAny(each, "minimum", PlainJson.Number(range.MinRange));
                SetIfAny(each, "maximum", PlainJson.Number(range.MaxRange));
                break;

            case ValidateLengthAttribute length when IsText(each):
                each["minLength"] = length.MinLength;
                each["maxLength"] = length.MaxLength;
                break;

            case ValidateCountAttribute count when schema["items"] is not null:
                schema["minItems"] = count.MinLength;
                schema["maxItems"] = count.MaxLength;
                break;

            case ValidatePatternAttribute pattern when IsText(each):
                Apply(pattern, each, notes);
                break;

            case ValidateNotNullOrEmptyAttribute:
                RefuseEmpty([], schema);
                break;

            default:
                break;
        }
    }

    // JSON Schema's patterns are ECMAScript's and mind the case; PowerShell's are .NET's and, unless told, do not.
    private static void Apply(ValidatePatternAttribute pattern, JsonObject each, List<string> notes)
    {
        var ignoresCase = pattern.Options.HasFlag(RegexOptions.IgnoreCase);
        var means = pattern.Options & ~RegexOptions.IgnoreCase;
        if (means == RegexOptions.None && !DotnetOnly().IsMatch(pattern.RegexPattern) && !(ignoresCase && Letter().IsMatch(Escapes().Replace(pattern.RegexPattern, ""))))
        {
            each["pattern"] = pattern.RegexPattern;
        }
        else
        {
            notes.Add($"Must match the regular expression {pattern.RegexPattern}{(ignoresCase ? ", ignoring case" : "")}.");
        }
    }

    private static void RefuseEmpty(Collection<Attribute> attributes, JsonObject schema)
    {
        if (IsText(schema) && schema["enum"] is null && schema["minLength"] is null && schema["format"] is null && !attributes.Any(attribute => attribute is AllowEmptyStringAttribute or AllowNullAttribute))
        {
            schema["minLength"] = 1;
        }
        else if (schema["items"] is not null && schema["minItems"] is null && !attributes.Any(attribute => attribute is AllowEmptyCollectionAttribute or AllowNullAttribute))
        {
            schema["minItems"] = 1;
        }
    }

    private static bool IsMandatory(ParameterMetadata parameter) => parameter.Attributes.OfType<ParameterAttribute>().Any(attribute => attribute.Mandatory);

    private static bool IsText(JsonObject schema) => schema["type"] is JsonValue type && type.TryGetValue(out string? name) && name == "string";

    private static void SetIfAny(JsonObject schema, string name, JsonNode? value)
    {
        if (value is not null)
        {
            schema[name] = value;
        }
    }

    [GeneratedRegex(@"\\[AzZG]|\(\?(?![:=!]|<[=!])|\\p\{|\[[^\]]*-\[")]
    private static partial Regex DotnetOnly();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"\p{L}")]
    private static partial Regex Letter();
}
