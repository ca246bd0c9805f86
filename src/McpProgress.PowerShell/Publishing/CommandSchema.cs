using System.Management.Automation;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// The JSON schemas of a command, made of its parameters' metadata. What JSON Schema cannot say is left to PowerShell's
/// own parameter binding, which has the last word anyway.
/// </summary>
internal static class CommandSchema
{
    /// <summary>The name under which a plain output stands in <c>structuredContent</c>.</summary>
    public const string ResultName = "result";

    /// <summary>The schema of the arguments.</summary>
    /// <param name="command">The command.</param>
    /// <param name="help">Its help.</param>
    /// <exception cref="NotPublishableException">A parameter that must be given takes what no JSON can become.</exception>
    public static JsonElement OfInput(CommandInfo command, CommandHelp help)
    {
        var defaults = new CommandDefaults(command);
        var properties = new JsonObject();
        foreach (var (name, parameter) in command.Parameters)
        {
            if (!IsOffered(parameter))
            {
                continue;
            }

            if (ParameterSchema.Of(parameter, help.Parameters.GetValueOrDefault(name)) is { } schema)
            {
                if (defaults.Of(parameter, schema) is { } value)
                {
                    schema["default"] = value;
                }

                properties[name] = schema;
            }
        }

        var sets = command.ParameterSets
            .Select(set => new ParameterNames(set, properties))
            .Where(set => set.Mandatory.All(properties.ContainsKey))
            .ToArray();
        if (sets.Length == 0)
        {
            var blocking = command.ParameterSets[0].Parameters.First(parameter => parameter.IsMandatory && !properties.ContainsKey(parameter.Name));
            throw new NotPublishableException($"its mandatory parameter '{blocking.Name}' takes [{blocking.ParameterType.Name}], which a caller cannot send");
        }

        // No call can come to what only the other sets have.
        foreach (var name in properties.Select(property => property.Key).Where(name => !sets.Any(set => set.All.Contains(name))).ToArray())
        {
            properties.Remove(name);
        }

        var result = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        var common = sets[0].Mandatory.Where(name => sets.All(set => set.Mandatory.Contains(name))).ToArray();
        if (common.Length > 0)
        {
            result["required"] = Names(common);
        }

        if (Alternatives(sets, common) is { } alternatives)
        {
            result["oneOf"] = alternatives;
        }

        return result.ToElement();
    }

    /// <summary>
    /// The schema of the output, when <c>[OutputType]</c> names one plain type: an object with a list. Of what the list holds
    /// it only tells: <c>[OutputType]</c> is a note that PowerShell does not hold a command to, and a result must fit its schema.
    /// </summary>
    /// <param name="command">The command.</param>
    public static JsonElement? OfOutput(CommandInfo command)
    {
        var declared = command.OutputType.Select(type => type.Type).Distinct().ToArray() is [{ } only] ? only : null;
        var element = declared is { IsArray: true } ? declared.GetElementType()! : declared;
        if (element is null || TypeSchema.OfScalar(element) is null)
        {
            return null;
        }

        var list = new JsonObject { ["type"] = "array", ["description"] = $"What the command puts out, as a rule of type {LanguagePrimitives.ConvertTo<string>(element)}." };
        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { [ResultName] = list },
            ["required"] = new JsonArray(ResultName),
        });
    }

    private static bool IsOffered(ParameterMetadata parameter) =>
        !Cmdlet.CommonParameters.Contains(parameter.Name)
        && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name)
        && !parameter.IsDynamic
        // JSON has no names with half characters, and PowerShell finds no parameter by a name that begins with a dash.
        && !parameter.Name.EnumerateRunes().Contains(Rune.ReplacementChar)
        && parameter.Name[0] is not ('-' or '\u2013' or '\u2014' or '\u2015')
        && !parameter.Attributes.OfType<ParameterAttribute>().Any(attribute => attribute.DontShow);

    // Needed only when the sets differ in what must be given, and right only when no call can fit two of them.
    private static JsonArray? Alternatives(ParameterNames[] sets, string[] common)
    {
        var isNeeded = sets.Length > 1 && sets.Any(set => set.Mandatory.Length > common.Length);
        var isExclusive = sets.All(one => sets.All(other => one == other || one.Excludes(other) || other.Excludes(one)));
        if (!isNeeded || !isExclusive)
        {
            return null;
        }

        var all = sets.SelectMany(set => set.All).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var alternatives = new JsonArray();
        foreach (var set in sets)
        {
            var alternative = new JsonObject { ["title"] = set.Name };
            if (set.Mandatory.Length > 0)
            {
                alternative["required"] = Names(set.Mandatory);
            }

            var foreign = all.Except(set.All, StringComparer.OrdinalIgnoreCase).ToArray();
            if (foreign.Length > 0)
            {
                alternative["properties"] = new JsonObject(foreign.Select(name => KeyValuePair.Create(name, (JsonNode?)false)));
            }

            alternatives.Add(alternative);
        }

        return alternatives;
    }

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);

    /// <summary>The names in one parameter set that callers are offered.</summary>
    private sealed class ParameterNames(CommandParameterSetInfo set, JsonObject offered)
    {
        public string Name { get; } = set.Name;

        public string[] Mandatory { get; } = [.. set.Parameters.Where(parameter => parameter.IsMandatory).Select(parameter => parameter.Name)];

        public string[] All { get; } = [.. set.Parameters.Select(parameter => parameter.Name).Where(offered.ContainsKey)];

        public bool Excludes(ParameterNames other) => Mandatory.Any(name => !other.All.Contains(name));
    }
}
