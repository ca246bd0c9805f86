using System.Management.Automation;
using System.Management.Automation.Language;

namespace McpProgress.PowerShell.Publishing;

/// <summary>What a command's help says of it, as far as a tool's definition has a place for it.</summary>
/// <param name="Synopsis">One line; null for none.</param>
/// <param name="Description">Several lines; null for none.</param>
/// <param name="Parameters">The help of the parameters, by name ignoring case.</param>
internal sealed record CommandHelp(string? Synopsis, string? Description, IReadOnlyDictionary<string, string> Parameters)
{
    private static readonly CommandHelp None = new(null, null, new Dictionary<string, string>());

    /// <summary>Whether a function's or script's own text carries comment-based help.</summary>
    public static bool IsIn(CommandInfo command) => CommentsOf(command) is not null;

    /// <summary>Reads a command's help: the comments of a function or script, the help file of a cmdlet.</summary>
    /// <param name="command">The command.</param>
    /// <param name="getHelp">Runs <c>Get-Help</c> for a name; asked only when there are no comments, because it is slow.</param>
    public static CommandHelp Of(CommandInfo command, Func<string, PSObject?> getHelp)
    {
        if (CommentsOf(command) is { } comments)
        {
            return new CommandHelp(
                Trimmed(comments.Synopsis), Trimmed(comments.Description),
                comments.Parameters.ToDictionary(one => one.Key, one => one.Value.Trim(), StringComparer.OrdinalIgnoreCase));
        }

        return (command is CmdletInfo || command.Module is not null) && getHelp(command.Name) is { } help ? FromObject(help) : None;
    }

    private static CommentHelpInfo? CommentsOf(CommandInfo command) => AstOf(command) switch
    {
        FunctionDefinitionAst function => function.GetHelpContent(),
        ScriptBlockAst script => script.GetHelpContent(),
        _ => null,
    };

    /// <summary>The source of a function or script; null for a cmdlet.</summary>
    public static Ast? AstOf(CommandInfo command) => command switch
    {
        FunctionInfo function => function.ScriptBlock?.Ast,
        ExternalScriptInfo script => script.ScriptBlock.Ast,
        _ => null,
    };

    private static CommandHelp FromObject(PSObject help)
    {
        var synopsis = Text(help, "Synopsis");
        if (synopsis is null || Value(help, "description") is null)
        {
            // Without a help file Get-Help makes up a synopsis: the command's syntax.
            return None;
        }

        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var parameter in Values(Value(help, "parameters"), "parameter"))
        {
            if (Text(parameter, "name") is { } name && Paragraphs(parameter, "description") is { } text)
            {
                parameters[name] = text;
            }
        }

        return new CommandHelp(synopsis, Paragraphs(help, "description"), parameters);
    }

    private static object? Value(object? of, string name) => of is null ? null : PSObject.AsPSObject(of).Properties[name]?.Value;

    private static string? Text(object of, string name) => Trimmed(Value(of, name)?.ToString());

    private static IEnumerable<object> Values(object? of, string name) =>
        LanguagePrimitives.GetEnumerable(Value(of, name))?.Cast<object>() ?? (Value(of, name) is { } single ? [single] : []);

    private static string? Paragraphs(object of, string name) =>
        Trimmed(string.Join('\n', Values(of, name).Select(paragraph => Text(paragraph, "Text") ?? paragraph as string).Where(text => text is not null)));

    private static string? Trimmed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
