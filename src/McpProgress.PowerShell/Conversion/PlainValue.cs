using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Security;
using McpProgress.Core;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Takes PowerShell's wrapping off values, so that Core sees plain ones. Runs on the pipeline thread: properties may be scripts.</summary>
internal static class PlainValue
{
    private const int DeepestNesting = 64;

    /// <summary>What PowerShell has put its wrapping around; the value itself where it has none.</summary>
    public static object? BaseOf(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>The value without the wrapping that only a custom object needs; null for what a command without output has put out.</summary>
    public static object? Unwrapped(object? value) =>
        ReferenceEquals(value, AutomationNull.Value) ? null : value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    /// <summary>The plain value: a scalar, a list, or a dictionary with text keys.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument: nested too deeply, as a value that contains itself is.</exception>
    public static object? Of(object? value, int depth = 0)
    {
        if (depth > DeepestNesting)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"An argument is nested more than {DeepestNesting} levels deep. Does it contain itself?");
        }

        object? plain = Unwrapped(value);
        return plain switch
        {
            null => null,
            SwitchParameter present => present.IsPresent,
            SecureString secure => new System.Net.NetworkCredential("", secure).Password,
            PSCredential credential => new Dictionary<string, object?> { ["userName"] = credential.UserName, ["password"] = Of(credential.Password) },
            ScriptBlock block => block.ToString(),
            IDictionary dictionary => OfDictionary(dictionary, depth),
            PSObject { BaseObject: PSCustomObject } custom => OfProperties(custom, depth),
            string or byte[] => plain,
            System.Text.Json.Nodes.JsonNode or System.Text.Json.JsonElement => plain,
            IEnumerable items => items.Cast<object?>().Select(item => Of(item, depth + 1)).ToList(),
            FileSystemInfo file => file.FullName,
            _ => plain,
        };
    }

    /// <summary>The properties of an object that are wanted, as plain values.</summary>
    /// <param name="item">The object; a dictionary's entries count as properties.</param>
    /// <param name="wanted">The names wanted; null for all.</param>
    public static Dictionary<string, object?> PropertiesOf(PSObject item, IReadOnlySet<string>? wanted)
    {
        var properties = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (item.BaseObject is IDictionary dictionary)
        {
            foreach (DictionaryEntry entry in dictionary)
            {
                if (entry.Key?.ToString() is { } name && wanted?.Contains(name) != false)
                {
                    properties[name] = Of(entry.Value, 1);
                }
            }

            return properties;
        }

        foreach (PSPropertyInfo property in item.Properties)
        {
            if (property.IsGettable && wanted?.Contains(property.Name) != false)
            {
                properties[property.Name] = Of(property.Value, 1);
            }
        }

        return properties;
    }

    private static Dictionary<string, object?> OfDictionary(IDictionary dictionary, int depth)
    {
        var plain = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in dictionary)
        {
            plain[entry.Key?.ToString() ?? ""] = Of(entry.Value, depth + 1);
        }

        return plain;
    }

    private static Dictionary<string, object?> OfProperties(PSObject custom, int depth)
    {
        var plain = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (PSPropertyInfo property in custom.Properties)
        {
            plain[property.Name] = Of(property.Value, depth + 1);
        }

        return plain;
    }
}
