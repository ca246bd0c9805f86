using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text.Json.Nodes;

namespace McpProgress.PowerShell.Publishing;

/// <summary>What a command asks its host becomes a question to the caller: a form of one or more fields.</summary>
/// <param name="call">The call whose caller is asked; null when nobody listens, as while a script is loaded.</param>
internal readonly struct Questions(CommandCall? call)
{
    // Keys of the forms that have one field only.
    private const string Value = "value";
    private const string Choice = "choice";
    private const string UserName = "userName";
    private const string Password = "password";

    /// <summary><c>Read-Host</c> without a prompt.</summary>
    public string ReadLine() => Text(Ask("The command asks for a line of text.", new JsonObject { [Value] = Field("Text", null) }), Value);

    /// <summary><c>Read-Host -AsSecureString</c> without a prompt.</summary>
    public SecureString ReadSecret() => Secure(Text(Ask("The command asks for a secret text.", new JsonObject { [Value] = SecretField("Secret") }), Value));

    /// <summary>The fields of a prompt: <c>Read-Host -Prompt</c>, and mandatory parameters of commands that a script calls.</summary>
    public Dictionary<string, PSObject> Prompt(string? caption, string? message, Collection<FieldDescription> fields)
    {
        // A lone field's name is its prompt, a sentence; one with a schema of its own is meant for the form.
        var isSingle = fields.Count == 1 && PromptField.OwnSchema(fields[0]) is null;
        var properties = new JsonObject();
        foreach (var field in fields)
        {
            properties[isSingle ? Value : field.Name] = PromptField.ToSchema(field);
        }

        var required = fields.Where(field => field.IsMandatory || isSingle).Select(field => isSingle ? Value : field.Name);
        var title = Joined(caption, message);
        var content = Ask(title.Length == 0 && isSingle ? PromptField.Label(fields[0]) : title, properties, required);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in fields)
        {
            answers[field.Name] = PSObject.AsPSObject(PromptField.ToValue(field, content[isSingle ? Value : field.Name]));
        }

        return answers;
    }

    /// <summary><c>Get-Credential</c>.</summary>
    public PSCredential Credential(string? caption, string? message, string? userName)
    {
        var properties = new JsonObject { [UserName] = Field("User name", string.IsNullOrEmpty(userName) ? null : userName), [Password] = SecretField("Password") };
        var content = Ask(Joined(caption, message), properties);
        return new PSCredential(Text(content, UserName), Secure(Text(content, Password)));
    }

    /// <summary>One of several choices: <c>-Confirm</c>, <c>ShouldProcess</c>, <c>ShouldContinue</c>, <c>PromptForChoice</c>.</summary>
    public int PromptForChoice(string? caption, string? message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        var labels = Labels(choices);
        if (choices is [.., { Label: "&Suspend" } last] && last.HelpMessage.StartsWith("Pause the current pipeline", StringComparison.Ordinal))
        {
            // The engine's own offer to open a prompt in between, which only a console has. It is the last: the others keep their numbers.
            labels = labels[..^1];
        }

        var field = new JsonObject { ["type"] = "string", ["title"] = "Choice", ["enum"] = new JsonArray([.. labels.Select(label => (JsonNode)label)]) };
        AddHelp(field, labels, choices);
        if (defaultChoice >= 0 && defaultChoice < labels.Length)
        {
            field["default"] = labels[defaultChoice];
        }

        return Array.IndexOf(labels, Text(Ask(Joined(caption, message), new JsonObject { [Choice] = field }), Choice));
    }

    /// <summary>Any of several choices.</summary>
    public Collection<int> PromptForChoices(string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices)
    {
        // A form of every revision has booleans; lists to choose from came later.
        var labels = Labels(choices);
        var chosen = defaultChoices?.ToHashSet() ?? [];
        var properties = new JsonObject();
        for (var index = 0; index < labels.Length; index++)
        {
            properties[labels[index]] = new JsonObject { ["type"] = "boolean", ["default"] = chosen.Contains(index) };
            AddHelp((JsonObject)properties[labels[index]]!, [labels[index]], [choices[index]]);
        }

        var content = Ask(Joined(caption, message), properties, required: []);
        return [.. Enumerable.Range(0, labels.Length).Where(index => content[labels[index]]?.GetValue<bool>() == true)];
    }

    private JsonObject Ask(string message, JsonObject properties, IEnumerable<string>? required = null)
    {
        if (call is null)
        {
            throw new HostException("Nobody can be asked now: no call is running.", null, "McpNobodyToAsk", ErrorCategory.ResourceUnavailable);
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray([.. (required ?? properties.Select(property => property.Key)).Select(name => (JsonNode)name)]),
        };
        schema.Insert(1, "properties", properties);
        return call.Ask(message, schema);
    }

    private static JsonObject Field(string title, string? suggestion)
    {
        var field = new JsonObject { ["type"] = "string", ["title"] = title };
        if (suggestion is not null)
        {
            field["default"] = suggestion;
        }

        return field;
    }

    private static JsonObject SecretField(string title) => PromptField.Secret(title);

    private static void AddHelp(JsonObject field, string[] labels, IReadOnlyList<ChoiceDescription> choices)
    {
        var help = labels.Zip(choices).Where(pair => !string.IsNullOrWhiteSpace(pair.Second.HelpMessage)).Select(pair => $"{pair.First}: {pair.Second.HelpMessage}");
        if (string.Join('\n', help) is { Length: > 0 } text)
        {
            field["description"] = text;
        }
    }

    // The ampersand marks a key on a keyboard. Two choices may differ in it alone.
    private static string[] Labels(Collection<ChoiceDescription> choices)
    {
        var labels = choices.Select(choice => choice.Label.Replace("&", "", StringComparison.Ordinal)).ToArray();
        return labels.Distinct(StringComparer.Ordinal).Count() == labels.Length ? labels : [.. choices.Select((choice, index) => $"{index + 1}. {choice.Label}")];
    }

    private static string Joined(params string?[] lines) => string.Join('\n', lines.Where(line => !string.IsNullOrWhiteSpace(line)));

    private static string Text(JsonObject content, string name) => content[name]?.GetValue<string>() ?? "";

    private static SecureString Secure(string text) => PromptField.ToSecure(text);
}
