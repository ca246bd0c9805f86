using System.Management.Automation;
using System.Management.Automation.Host;
using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Input;

/// <summary>One field of a question, as a host asks for it. All that the host shows of it is clean: it comes from the server.</summary>
internal sealed class PromptField
{
    /// <summary>A label is one line, or nearly.</summary>
    private const int LongestText = 200;

    private readonly bool _isBoolean;

    private PromptField(string name, string shown, JsonObject schema, string hint)
    {
        Name = name;
        _isBoolean = IsBoolean(schema);
        IsList = schema["type"]?.ToString() == "array";
        string title = Shown(schema["title"]);
        Description = new FieldDescription(shown + hint)
        {
            Label = (title.Length > 0 ? title : shown) + hint,
            HelpMessage = TerminalText.Clean(schema["description"]?.ToString()),
            IsMandatory = false,
            DefaultValue = schema["default"] is { } value ? PSObject.AsPSObject(TerminalText.Clean(value.ToString())) : null,
        };
        Description.SetParameterType(typeof(string));
    }

    /// <summary>The name that the server gave.</summary>
    public string Name { get; }

    /// <summary>Whether it takes several values.</summary>
    public bool IsList { get; }

    /// <summary>What the host is told.</summary>
    public FieldDescription Description { get; }

    /// <summary>The fields of a question, by the names that the host knows them by.</summary>
    public static IReadOnlyDictionary<string, PromptField> Of(InputRequest request)
    {
        var fields = new Dictionary<string, PromptField>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, JsonNode? property) in request.Schema?["properties"] as JsonObject ?? [])
        {
            // The console shows names and no labels, and each must be there once.
            var schema = property as JsonObject ?? [];
            string hint = Choices(schema) + Default(schema);
            string shown = Shown(name);
            for (int number = fields.Count + 1; shown.Length == 0 || fields.ContainsKey(shown + hint); number++)
            {
                shown = $"field {number}";
            }

            fields.Add(shown + hint, new PromptField(name, shown, schema, hint));
        }

        return fields;
    }

    /// <summary>The field that an answer without names means: the only one, or the only one that must be answered and has no default.</summary>
    public static PromptField? Only(InputRequest request)
    {
        PromptField[] fields = [.. Of(request).Values];
        HashSet<string> required = [.. (request.Schema?["required"] as JsonArray ?? []).Select(name => $"{name}")];
        PromptField[] open = fields.Length == 1 ? fields : [.. fields.Where(field => required.Contains(field.Name) && field.Description.DefaultValue is null)];
        return open.Length == 1 ? open[0] : null;
    }

    /// <summary>What was typed, as the schema means it: people say yes and no.</summary>
    public object? Read(object? typed) => _isBoolean && typed is string text
        ? text.Trim().ToUpperInvariant() switch
        {
            "Y" or "YES" => true,
            "N" or "NO" => false,
            _ => typed,
        }
        : typed;

    private static bool IsBoolean(JsonObject schema) => schema["type"]?.ToString() == "boolean";

    private static string Choices(JsonObject schema)
    {
        if (IsBoolean(schema))
        {
            return " (yes, no)";
        }

        // A choice of several has its choices in its items.
        JsonObject holder = schema["items"] as JsonObject ?? schema;
        IEnumerable<string> choices = holder["enum"] is JsonArray values
            ? values.Select(value => $"{value}")
            : (holder["oneOf"] as JsonArray ?? holder["anyOf"] as JsonArray ?? []).OfType<JsonObject>().Select(Titled);
        string text = Shown(string.Join(", ", choices));
        return text.Length > 0 ? $" ({text})" : "";
    }

    // What is to be typed comes first.
    private static string Titled(JsonObject choice) =>
        choice["title"] is { } title && title.ToString() != $"{choice["const"]}" ? $"{choice["const"]}: {title}" : $"{choice["const"]}";

    private static string Default(JsonObject schema)
    {
        string text = Shown(schema["default"]);
        return text switch
        {
            "" => "",
            "true" when IsBoolean(schema) => " [yes]",
            "false" when IsBoolean(schema) => " [no]",
            _ => $" [{text}]",
        };
    }

    private static string Shown(JsonNode? node) => Shown(node?.ToString());

    private static string Shown(string? text) => TerminalText.Shorten(TerminalText.Clean(text).Trim(), LongestText);
}
