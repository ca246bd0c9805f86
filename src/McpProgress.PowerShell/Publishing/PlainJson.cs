using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Constants of a command's definition as JSON.</summary>
internal static class PlainJson
{
    /// <summary>A text, number, boolean or list of them; null for everything else.</summary>
    public static JsonNode? Of(object? value) => value switch
    {
        PSObject wrapped => Of(wrapped.BaseObject),
        string text => text,
        bool flag => flag,
        IList items => OfList(items),
        _ => Number(value),
    };

    /// <summary>A number; null for everything else.</summary>
    public static JsonNode? Number(object? value) => value switch
    {
        byte or sbyte or short or ushort or int or uint or long => Convert.ToInt64(value, null),
        ulong number => number,
        float number when float.IsFinite(number) => number,
        double number when double.IsFinite(number) => number,
        decimal number => number,
        _ => null,
    };

    private static JsonArray? OfList(IList items)
    {
        var plain = new JsonArray();
        foreach (var item in items)
        {
            if (Of(item) is not { } node)
            {
                return null;
            }

            plain.Add(node);
        }

        return plain;
    }
}
