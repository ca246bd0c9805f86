using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Collects the arguments of one call from what the user gave and what came down the pipeline.</summary>
internal static class ToolArguments
{
    /// <summary>All arguments, as plain values; a piped object's property wins over <paramref name="argument"/>.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="argument">A dictionary, an object or JSON text; null for none.</param>
    /// <param name="piped">The piped object; null for none.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument.</exception>
    public static IReadOnlyDictionary<string, object?> Collect(ToolDescriptor tool, object? argument, PSObject? piped)
    {
        Dictionary<string, object?> given = FromArgument(argument);
        if (piped is null)
        {
            return given;
        }

        IReadOnlySet<string> names = tool.ArgumentNames;
        Dictionary<string, object?> fromPipe = IsScalar(piped.BaseObject)
            ? FromScalar(tool.InputSchema, names, given, piped.BaseObject)
            : PlainValue.PropertiesOf(piped, names);
        foreach ((string name, object? value) in fromPipe)
        {
            string known = given.Keys.FirstOrDefault(key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) ?? name;
            given[known] = value;
        }

        return given;
    }

    private static Dictionary<string, object?> FromArgument(object? argument)
    {
        object? value = argument is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : argument;
        return value switch
        {
            null => [],
            string json => new Dictionary<string, object?>(ArgumentBinder.ParseJson(json), StringComparer.Ordinal),
            _ when IsScalar(value) || (value is IEnumerable and not IDictionary) => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"-Argument got {value.GetType().Name}, but wants a hashtable, an object or JSON text, such as @{{ name = 'value' }}."),
            _ => PlainValue.PropertiesOf(PSObject.AsPSObject(argument!), null),
        };
    }

    // 'a', 'b' | Invoke-McpTool echo: a plain value can only mean the one argument that is still open.
    private static Dictionary<string, object?> FromScalar(JsonElement schema, IReadOnlySet<string> names, Dictionary<string, object?> given, object scalar)
    {
        string[] required = schema.TryGetProperty("required", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(name => name.GetString() ?? "").Where(name => !given.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))]
            : [];
        string[] open = required.Length > 0 ? required : [.. names.Where(name => !given.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))];
        return open.Length == 1
            ? new Dictionary<string, object?> { [open[0]] = scalar }
            : throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"The piped {scalar.GetType().Name} '{Core.Text.TerminalText.Shorten(scalar.ToString(), 40)}' could be any of the arguments {string.Join(", ", open)}. Pipe objects with properties of these names.");
    }

    private static bool IsScalar(object value) => value is string or IConvertible or DateTimeOffset or TimeSpan or Guid or Uri;
}
