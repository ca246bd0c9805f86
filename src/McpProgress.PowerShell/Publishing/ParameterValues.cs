using System.Collections;
using System.Management.Automation;
using System.Security;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Text;
using McpProgress.Server.Tools;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Makes a command's parameters of a call's arguments: values for parameter binding, never text to be run.</summary>
internal static class ParameterValues
{
    // What the shared binder adds for callers; here the arguments did arrive.
    private const string ClientsRemark = " Nothing was sent.";

    /// <summary>The values by parameter name, as far as they were given. Null is as good as not given.</summary>
    /// <param name="schema">The tool's input schema.</param>
    /// <param name="types">The types of its parameters.</param>
    /// <param name="arguments">What the caller sent.</param>
    /// <exception cref="ToolException">Something is missing, unknown, or of the wrong kind; the message says what is wanted.</exception>
    public static IReadOnlyDictionary<string, object?> Of(JsonElement schema, IReadOnlyDictionary<string, Type> types, ToolArguments arguments)
    {
        var given = arguments.All
            .Where(argument => argument.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            .ToDictionary(argument => argument.Key, argument => (object?)argument.Value, StringComparer.Ordinal);
        JsonObject bound;
        try
        {
            bound = ArgumentBinder.Bind(schema, given);
        }
        catch (McpFailureException failure)
        {
            throw new ToolException(failure.Message.Replace(ClientsRemark, "", StringComparison.Ordinal), failure);
        }

        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, node) in bound)
        {
            values[name] = Of(node, types[name]);
        }

        return values;
    }

    private static object? Of(JsonNode? node, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(SecureString))
        {
            return Secure(node);
        }

        if (type == typeof(PSCredential) && node is JsonObject credential)
        {
            return new PSCredential(credential["userName"]!.GetValue<string>(), Secure(credential["password"]));
        }

        if (type == typeof(TimeSpan) && Text(node) is ['P' or '-', ..] duration && TryDuration(duration) is { } span)
        {
            return span;
        }

        return node switch
        {
            null => null,
            JsonObject members when typeof(IDictionary).IsAssignableFrom(type) => OfDictionary(members),
            JsonObject members => OfObject(members),
            JsonArray items => items.Select(item => Of(item, TypeSchema.ElementOf(type) ?? typeof(object))).ToArray(),
            _ => OfScalar(node),
        };
    }

    private static Hashtable OfDictionary(JsonObject members)
    {
        var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in members)
        {
            table[name] = Of(value, typeof(object));
        }

        return table;
    }

    private static PSObject OfObject(JsonObject members)
    {
        var result = new PSObject();
        foreach (var (name, value) in members)
        {
            // Two names that differ in case alone are one property in PowerShell: the first one stays.
            if (name.Length > 0 && result.Properties[name] is null)
            {
                result.Properties.Add(new PSNoteProperty(name, Of(value, typeof(object))));
            }
        }

        return result;
    }

    private static object? OfScalar(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => OfNumber(node.ToElement()),
        _ => null,
    };

    private static object OfNumber(JsonElement number) =>
        number.TryGetInt32(out var small) ? small
        : number.TryGetInt64(out var whole) ? whole
        : number.TryGetDecimal(out var exact) ? exact
        : number.GetDouble();

    private static SecureString Secure(JsonNode? node) => PromptField.ToSecure(Text(node) ?? "");

    private static TimeSpan? TryDuration(string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (FormatException)
        {
            // Not ISO 8601: PowerShell's own conversion says what it wants.
            return null;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
