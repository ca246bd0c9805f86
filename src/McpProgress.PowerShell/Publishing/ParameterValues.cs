using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
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

    // As long as a secure string can be.
    private const int LongestSecret = 65_536;

    // Longer texts are data, not numbers.
    private const int LongestInteger = 400;

    // As many characters as a decimal certainly holds.
    private const int DecimalDigits = 28;

    private static readonly HashSet<string> ReservedNames = new(StringComparer.OrdinalIgnoreCase) { "psobject", "psbase", "psadapted", "psextended", "pstypenames" };

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
            try
            {
                values[name] = Of(node, types[name]);
            }
            catch (FormatException failure)
            {
                throw new ToolException($"The argument '{name}': {failure.Message}", failure);
            }
        }

        return values;
    }

    /// <exception cref="FormatException">It cannot become the type, and no schema could say so.</exception>
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
            JsonObject members when TypeSchema.EntryOf(type) is { } entry => OfDictionary(members, entry.Key, entry.Value),
            JsonObject members when typeof(IDictionary).IsAssignableFrom(type) => OfTable(members, type),
            JsonObject members => OfObject(members),
            // PowerShell would make the first of all names of it.
            JsonArray { Count: 0 } when type.IsEnum => Enum.ToObject(type, 0),
            JsonArray items => OfList(items, type),
            _ => OfScalar(node, type),
        };
    }

    private static IDictionary OfTable(JsonObject members, Type type)
    {
        IDictionary table = type == typeof(OrderedDictionary) ? new OrderedDictionary(StringComparer.OrdinalIgnoreCase) : new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in members)
        {
            table[name] = Of(value, typeof(object));
        }

        return table;
    }

    // PowerShell makes no such dictionary of a hashtable.
    private static IDictionary OfDictionary(JsonObject members, Type key, Type value)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
        foreach (var (name, member) in members)
        {
            dictionary[Converted(name, key)!] = Converted(Of(member, value), value);
        }

        return dictionary;
    }

    private static object? Converted(object? value, Type type) => LanguagePrimitives.TryConvertTo(value, type, CultureInfo.InvariantCulture, out var converted)
        ? converted
        : throw new FormatException($"'{value}' cannot become [{type.Name}].");

    private static object OfList(JsonArray items, Type type)
    {
        var element = TypeSchema.ElementOf(type) ?? typeof(object);
        var values = items.Select(item => Of(item, element)).ToArray();
        // Nor an IEnumerable<string> of objects; but it takes what is one already.
        return type.IsInterface && LanguagePrimitives.TryConvertTo(values, element.MakeArrayType(), CultureInfo.InvariantCulture, out var typed) ? typed : values;
    }

    private static PSObject OfObject(JsonObject members)
    {
        var result = new PSObject();
        foreach (var (name, value) in members)
        {
            if (ReservedNames.Contains(name))
            {
                throw new FormatException($"PowerShell keeps the name '{name}' for itself: no object can have a member of that name.");
            }

            // Two names that differ in case alone are one property in PowerShell: the first one stays.
            if (name.Length > 0 && result.Properties[name] is null)
            {
                result.Properties.Add(new PSNoteProperty(name, Of(value, typeof(object))));
            }
        }

        return result;
    }

    /// <summary>A text, boolean or number as it is to be converted to a type.</summary>
    public static object? OfScalar(JsonNode node, Type type) => node.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => OfNumber(node.ToElement(), type),
        _ => null,
    };

    // The parameter's type decides what a number is read as: by way of another one it would lose digits.
    private static object OfNumber(JsonElement number, Type type) =>
        number.TryGetInt32(out var small) ? small
        : number.TryGetInt64(out var whole) ? whole
        : type == typeof(double) || type == typeof(float) ? number.GetDouble()
        : type == typeof(BigInteger) && OfDigits(number.GetRawText()) is { } big ? big
        : number.TryGetDecimal(out var exact) && (type == typeof(decimal) || IsAllOf(exact, number)) ? exact
        : number.GetDouble();

    private static BigInteger? OfDigits(string text) =>
        text.Length <= LongestInteger && BigInteger.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    // A decimal has 28 digits after the point, and rounds the others away.
    private static bool IsAllOf(decimal read, JsonElement number) =>
        (number.GetRawText() is { Length: <= DecimalDigits } text && !text.Contains('e', StringComparison.OrdinalIgnoreCase)) || (double)read == number.GetDouble();

    private static SecureString Secure(JsonNode? node) => Text(node) switch
    {
        { Length: > LongestSecret } => throw new FormatException($"a secret has at most {LongestSecret} characters."),
        var text => PromptField.ToSecure(text ?? ""),
    };

    private static TimeSpan? TryDuration(string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception failure) when (failure is FormatException or OverflowException)
        {
            // Not ISO 8601, or longer than any time span: PowerShell's own conversion says what it wants.
            return null;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
