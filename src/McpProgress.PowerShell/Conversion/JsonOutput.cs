using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Turns JSON into what a pipeline expects: objects with properties, arrays, and plain values.</summary>
internal static class JsonOutput
{
    /// <summary>The names that no property can have: PowerShell's own (PSMemberInfo.IsReservedMemberName), and none.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase) { "", "PSObject", "PSBase", "PSAdapted", "PSExtended", "PSTypeNames" };

    /// <summary>A JSON value as an object; null for JSON null.</summary>
    public static object? ToObject(JsonNode? node) => node switch
    {
        null => null,
        JsonObject members => ToObject(members),
        JsonArray items => items.Select(ToObject).ToArray(),
        _ => ToScalar(node),
    };

    private static PSObject ToObject(JsonObject members)
    {
        var result = new PSObject();
        foreach ((string written, JsonNode? value) in members.Members())
        {
            string name = Reserved.Contains(written) ? $"_{written}" : written;

            // A name given twice, or with a difference in case alone, is one property in PowerShell: the first one stays.
            if (result.Properties[name] is null)
            {
                result.Properties.Add(new PSNoteProperty(name, ToObject(value)));
            }
        }

        return result;
    }

    private static object? ToScalar(JsonNode node)
    {
        JsonElement element = node is JsonValue value && value.TryGetValue(out JsonElement parsed) ? parsed : node.ToElement();
        return element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when element.TryGetInt32(out int small) => small,
            JsonValueKind.Number when element.TryGetInt64(out long whole) => whole,
            JsonValueKind.Number when element.TryGetUInt64(out ulong large) => large,

            // Reading digits takes the square of their number: more of them than the largest double has are no number.
            JsonValueKind.Number when element.GetRawText() is { Length: <= 400 } digits && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger huge) => huge,
            JsonValueKind.Number when element.TryGetDouble(out double number) => number,
            _ => null,
        };
    }
}
