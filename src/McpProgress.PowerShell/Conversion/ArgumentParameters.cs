using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Text.Json;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Cmdlets;
using McpProgress.PowerShell.Completion;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Makes a tool's arguments parameters of a cmdlet: <c>Invoke-McpTool download_file -filename big.iso</c>.</summary>
internal static class ArgumentParameters
{
    private const int LongestHelp = 300;

    // Nobody types this, nor a beginning of it.
    private const string Unmatched = "__unmatched";

    // The names and aliases that the cmdlet has whatever the tool: its own and the common ones.
    private static readonly Lazy<IReadOnlyCollection<string>> Own = new(() =>
    [
        .. new CommandMetadata(new CmdletInfo("Invoke-McpTool", typeof(InvokeMcpToolCommand)), shouldGenerateCommonParameters: true).Parameters.Values
            .SelectMany(parameter => parameter.Aliases.Prepend(parameter.Name)),
    ]);

    /// <summary>One parameter for each argument of the tool that can be one.</summary>
    /// <param name="tool">The tool.</param>
    public static RuntimeDefinedParameterDictionary Of(ToolDescriptor tool)
    {
        var parameters = new RuntimeDefinedParameterDictionary();
        foreach (string name in tool.ArgumentNames.Where(name => CanBeTyped(name) && !IsTaken(name)))
        {
            parameters.Add(name, Parameter(tool.InputSchema, name));
        }

        return parameters;
    }

    /// <summary>
    /// Where the tool is not known: a hidden parameter that takes whatever is there, so that the call gets to say what is
    /// wrong. The binding of parameters would only say that there is no parameter of that name.
    /// </summary>
    public static RuntimeDefinedParameterDictionary OfUnknown() => new()
    {
        [Unmatched] = new(Unmatched, typeof(object[]), [new ParameterAttribute { ValueFromRemainingArguments = true, DontShow = true }]),
    };

    /// <summary>The arguments that were given as parameters, by name; null when none was.</summary>
    /// <param name="parameters">The parameters that were offered; null for none.</param>
    /// <param name="unmatched">Some were given whose names nobody could know (see <see cref="OfUnknown"/>).</param>
    public static Dictionary<string, object?>? Given(RuntimeDefinedParameterDictionary? parameters, out bool unmatched)
    {
        Dictionary<string, object?>? given = parameters?.Values.Where(parameter => parameter.IsSet)
            .ToDictionary(parameter => parameter.Name, parameter => (object?)parameter.Value, StringComparer.Ordinal);
        unmatched = given?.Remove(Unmatched) == true;
        return given is { Count: > 0 } ? given : null;
    }

    /// <summary>The value of an argument that came as a parameter of the cmdlet's own.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="name">The argument's name, in whatever case.</param>
    /// <param name="value">What was given.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument: the tool has no such argument.</exception>
    public static object? ValueOf(ToolDescriptor tool, string name, PSObject? value)
    {
        string known = tool.ArgumentNames.FirstOrDefault(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase)) ?? throw new McpFailureException(
            ErrorIds.InvalidArgument, TerminalText.Clean($"'{tool.Name}' has no argument '{name}', but {string.Join(", ", tool.ArgumentNames)}. Nothing was sent."));
        return IsText(tool.InputSchema, known) ? AsTypedAttribute.TextOf(value) : value;
    }

    // Tab writes the name as it is: one that is no plain word would not be a parameter any more, or be a command of the server's.
    private static bool CanBeTyped(string name) =>
        name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') && name.All(character => char.IsLetterOrDigit(character) || character is '_' or '-');

    // PowerShell binds the cmdlet's own parameters first, and knows them by any beginning of their names: -serv is -Server.
    private static bool IsTaken(string name) => Own.Value.Any(taken => taken.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    private static RuntimeDefinedParameter Parameter(JsonElement arguments, string name)
    {
        JsonElement schema = Member(Member(arguments, "properties"), name);
        var declaration = new ParameterAttribute();
        if (TerminalText.Shorten(TerminalText.Clean(Text(schema, "description")), LongestHelp) is { Length: > 0 } help)
        {
            declaration.HelpMessage = help;
        }

        var attributes = new Collection<Attribute> { declaration };
        if (ValueCompletion.For(ArgumentBinder.Choices(arguments, name)) is { } completer)
        {
            attributes.Add(completer);
        }

        if (IsText(arguments, name))
        {
            attributes.Add(new AsTypedAttribute());
        }

        return new RuntimeDefinedParameter(name, Text(schema, "type") == "boolean" ? typeof(SwitchParameter) : typeof(object), attributes);
    }

    private static bool IsText(JsonElement arguments, string name) => ArgumentBinder.Choices(arguments, name) is { Count: > 0 } choices
        ? choices.All(choice => choice.ValueKind is JsonValueKind.String or JsonValueKind.Null)
        : ArgumentBinder.Takes(arguments, name, JsonValueKind.String) && !ArgumentBinder.Takes(arguments, name, JsonValueKind.Number);

    // A property's schema may be true, or say anything at all.
    private static string? Text(JsonElement schema, string name) => Member(schema, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement Member(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out JsonElement value) ? value : default;
}
