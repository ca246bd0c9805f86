using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Completion;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Collects the arguments of one call from what the user gave and what came down the pipeline.</summary>
internal static class ToolArguments
{
    /// <summary>All arguments, as plain values.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="argument">A dictionary, an object or JSON text; null for none.</param>
    /// <param name="piped">The piped object; null for none.</param>
    /// <param name="pipeWins">Whether a piped object's property wins over <paramref name="argument"/>.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument.</exception>
    public static IReadOnlyDictionary<string, object?> Collect(ToolDescriptor tool, object? argument, PSObject? piped, bool pipeWins)
    {
        Dictionary<string, object?> given = FromArgument(tool, argument);
        if (piped is null)
        {
            return given;
        }

        foreach ((string name, object? value) in FromPipe(tool, given, piped))
        {
            string? known = given.Keys.FirstOrDefault(key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase));
            if (known is null || pipeWins)
            {
                given[known ?? name] = value;
            }
        }

        return given;
    }

    private static Dictionary<string, object?> FromArgument(ToolDescriptor tool, object? argument)
    {
        object? value = PlainValue.Unwrapped(argument);
        return value switch
        {
            null => [],
            string json => new Dictionary<string, object?>(FromJson(tool, json), StringComparer.Ordinal),
            _ when IsScalar(value) || IsList(value) => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"-Argument got {value.GetType().Name}, but wants a hashtable, an object or JSON text, such as @{{ name = 'value' }}."),
            _ => PlainValue.PropertiesOf(PSObject.AsPSObject(argument!), null),
        };
    }

    // "Invoke-McpTool echo hello" is the likeliest of mistakes: the message says how it is written.
    private static IReadOnlyDictionary<string, object?> FromJson(ToolDescriptor tool, string json)
    {
        try
        {
            return ArgumentBinder.ParseJson(json);
        }
        catch (McpFailureException failure) when (!json.TrimStart().StartsWith('{'))
        {
            string[] texts = [.. tool.ArgumentNames.Where(name => ArgumentBinder.Takes(tool.InputSchema, name, JsonValueKind.String))];
            if (texts is not [string only])
            {
                throw;
            }

            string value = ValueCompletion.Written(TerminalText.Shorten(TerminalText.Clean(json), 40));
            string written = ArgumentParameters.Of(tool).ContainsKey(only)
                ? $"-{only} {value}"
                : $"@{{ {Literal.Of(TerminalText.Clean(only))} = {Literal.Of(TerminalText.Clean(json))} }}";
            throw new McpFailureException(ErrorIds.InvalidArgument, $"{failure.Message} If it is the argument '{TerminalText.Clean(only)}', write {written}", failure);
        }
    }

    // What means none of the arguments is refused, as a cmdlet's binder does: to call with the defaults alone is not what was meant.
    private static IReadOnlyDictionary<string, object?> FromPipe(ToolDescriptor tool, Dictionary<string, object?> given, PSObject piped)
    {
        string toolName = TerminalText.Clean(tool.Name);
        if (tool.ArgumentNames.Count == 0)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"'{toolName}' declares no arguments, so nothing can be piped to it. Nothing was sent.");
        }

        bool isList = IsList(piped.BaseObject);
        string names = TerminalText.Clean(string.Join(", ", tool.ArgumentNames));
        if (!isList && !IsScalar(piped.BaseObject))
        {
            Dictionary<string, object?> properties = PlainValue.PropertiesOf(piped, tool.ArgumentNames);
            if (properties.Count == 0)
            {
                throw new McpFailureException(
                    ErrorIds.InvalidArgument, $"The piped {piped.BaseObject.GetType().Name} has none of the arguments of '{toolName}': {names}. Nothing was sent.");
            }

            // Most objects are full, and the schema is only read again for those that are not.
            return properties.ContainsValue(null) ? ArgumentBinder.MatchProperties(tool.InputSchema, properties) : properties;
        }

        string[] open = Open(tool, given, isList);
        string what = isList ? "list" : $"{piped.BaseObject.GetType().Name} '{TerminalText.Shorten(TerminalText.Clean(piped.BaseObject.ToString()), 40)}'";
        return open.Length switch
        {
            1 => new Dictionary<string, object?> { [open[0]] = PlainValue.Of(piped) },
            0 => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"The piped {what} can be none of the arguments of '{toolName}' ({names}) that are still open{(isList ? "; its items can be piped one by one" : "")}. Nothing was sent."),
            _ => throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"The piped {what} could be any of the arguments {TerminalText.Clean(string.Join(", ", open))}. Pipe objects with properties of these names."),
        };
    }

    // 'a', 'b' | Invoke-McpTool echo: a plain value can only mean the one argument that is still open, and a list the one that takes lists.
    private static string[] Open(ToolDescriptor tool, Dictionary<string, object?> given, bool isList)
    {
        string[] required = tool.InputSchema.TryGetProperty("required", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(name => name.GetString() ?? "").Where(IsOpen)]
            : [];
        return required.Length > 0 ? required : [.. tool.ArgumentNames.Where(IsOpen)];

        bool IsOpen(string name) =>
            !given.Keys.Contains(name, StringComparer.OrdinalIgnoreCase) && (!isList || ArgumentBinder.Takes(tool.InputSchema, name, JsonValueKind.Array));
    }

    private static bool IsScalar(object value) => value is string or IConvertible or DateTimeOffset or TimeSpan or Guid or Uri;

    private static bool IsList(object value) => value is IEnumerable and not (string or IDictionary);
}
