using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProgress.PowerShell.Publishing;

/// <summary>One field of a host's prompt, as a form has it.</summary>
internal static class PromptField
{
    // A member a command may add to a field, for what a FieldDescription has no words for.
    private const string SchemaMember = "Schema";
    private const int MaxSchemaBytes = 64 * 1024;

    /// <summary>The name people see.</summary>
    public static string Label(FieldDescription field) =>
        (string.IsNullOrWhiteSpace(field.Label) ? field.Name : field.Label.Replace("&", "", StringComparison.Ordinal)).Trim();

    /// <summary>The schema that the command itself gave the field, as JSON text or a hashtable; null when it gave none.</summary>
    public static JsonObject? OwnSchema(FieldDescription field)
    {
        var given = PSObject.AsPSObject(field).Properties[SchemaMember]?.Value;
        try
        {
            return given switch
            {
                null => null,
                PSObject { BaseObject: string text } => JsonNode.Parse(text) as JsonObject,
                string text => JsonNode.Parse(text) as JsonObject,
                _ => JsonNode.Parse(new OutputJson(MaxSchemaBytes).Write(given)) as JsonObject,
            } ?? (given is null ? null : throw new JsonException("it is no object"));
        }
        catch (JsonException failure)
        {
            throw new HostException($"The schema of the field '{field.Name}' cannot be read: {failure.Message}", failure, "McpFieldSchema", ErrorCategory.InvalidData);
        }
    }

    /// <summary>The field's schema: a text, number, boolean or enumeration, or what the command gave it.</summary>
    public static JsonObject ToSchema(FieldDescription field)
    {
        if (OwnSchema(field) is { } own)
        {
            return own;
        }

        var type = TypeOf(field);
        if (type == typeof(SecureString))
        {
            return Secret(Label(field));
        }

        var schema = TypeSchema.OfScalar(type) ?? new JsonObject { ["type"] = "string" };
        if (type == typeof(Guid))
        {
            // Clients may refuse a form with a format that the protocol does not list.
            schema.Remove("format");
        }

        schema["title"] = Label(field);
        if (!string.IsNullOrWhiteSpace(field.HelpMessage))
        {
            schema["description"] = field.HelpMessage;
        }

        if (PlainJson.Of(field.DefaultValue) is { } suggestion)
        {
            schema["default"] = suggestion;
        }

        return schema;
    }

    /// <summary>What was answered, as the prompt promises its caller.</summary>
    public static object ToValue(FieldDescription field, JsonNode? answer)
    {
        var type = TypeOf(field);
        if (answer is JsonArray items)
        {
            return items.Select(item => item?.ToString() ?? "").ToArray();
        }

        if (answer is not JsonValue value)
        {
            return "";
        }

        if (value.TryGetValue(out string? text))
        {
            return type == typeof(SecureString) ? ToSecure(text) : LanguagePrimitives.TryConvertTo(text, type, out var converted) ? converted : text;
        }

        return LanguagePrimitives.ConvertTo(ParameterValues.OfScalar(value, type), type, CultureInfo.InvariantCulture);
    }

    /// <summary>A field for a secret. The form shows what is typed, so the user is told where it goes.</summary>
    public static JsonObject Secret(string title) => new()
    {
        ["type"] = "string",
        ["title"] = title,
        ["description"] = "Secret: what is entered here is sent to the server.",
    };

    /// <summary>A text as a secure string.</summary>
    public static SecureString ToSecure(string text)
    {
        var secure = new SecureString();
        foreach (var character in text)
        {
            secure.AppendChar(character);
        }

        secure.MakeReadOnly();
        return secure;
    }

    private static Type TypeOf(FieldDescription field) =>
        LanguagePrimitives.TryConvertTo(field.ParameterTypeFullName, out Type? type) && type is not null ? type : typeof(string);
}
