using System.Text.RegularExpressions;

namespace McpProgress.Core.Configuration;

/// <summary>
/// Expands the variables of mcp.json files, each once and never recursively:
/// <list type="bullet">
/// <item><c>${env:NAME}</c> (VS Code, Cursor), <c>${NAME}</c> and <c>${NAME:-default}</c> (Claude Code): the environment;
/// one that is not set, and has no default, is an error;</item>
/// <item><c>${workspaceFolder}</c>, <c>${workspaceFolderBasename}</c>, <c>${userHome}</c>, <c>${pathSeparator}</c> and
/// <c>${/}</c> (VS Code, Cursor);</item>
/// <item><c>${input:…}</c>, <c>${command:…}</c> and <c>${config:…}</c> need the editor: an error says so.</item>
/// </list>
/// All forms work in all files. Anything else in braces stays as it is.
/// </summary>
internal sealed partial class VariableExpander
{
    private readonly ServerEntry _entry;
    private readonly UserPlaces _user;

    private VariableExpander(ServerEntry entry, string workspaceFolder, UserPlaces user)
    {
        _entry = entry;
        _user = user;
        WorkspaceFolder = workspaceFolder;
    }

    /// <summary>What <c>${workspaceFolder}</c> stands for, and what a relative <c>cwd</c> is relative to.</summary>
    public string WorkspaceFolder { get; }

    /// <summary>
    /// The expander for an entry. The workspace is the folder a project file belongs to (the parent of <c>.vscode</c>);
    /// for a file of the user's own it is the working directory.
    /// </summary>
    public static VariableExpander For(ServerEntry entry, string workingDirectory, UserPlaces user)
    {
        var folder = Path.GetDirectoryName(entry.Path) ?? workingDirectory;
        var own = IsIn(folder, user.ConfigurationRoot) || SamePath(folder, user.Home);
        var workspace = own ? Path.GetFullPath(workingDirectory)
            : Path.GetFileName(folder) == ".vscode" ? Path.GetDirectoryName(folder) ?? folder
            : folder;
        return new VariableExpander(entry, workspace, user);
    }

    /// <summary>Expands one text of the entry.</summary>
    /// <param name="text">As written.</param>
    /// <param name="setting">Where it stands, for the error: <c>env.TOKEN</c>, <c>args[2]</c>.</param>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>, naming file, server, setting and variable.</exception>
    public string Expand(string text, string setting) =>
        text.Contains("${", StringComparison.Ordinal) ? Variable().Replace(text, match => Value(match, setting)) : text;

    private string Value(Match match, string setting)
    {
        if (match.Groups["env"] is { Success: true } env)
        {
            return _user.Variable(env.Value) ?? throw NotSet(env.Value, setting);
        }

        if (match.Groups["editor"].Success)
        {
            throw _entry.Invalid(
                $"\"{setting}\" uses {match.Value}, which only an editor can fill in; use an environment variable instead, as ${{env:NAME}}.");
        }

        var name = match.Groups["name"].Value;
        return name switch
        {
            "workspaceFolder" => WorkspaceFolder,
            "workspaceFolderBasename" => Path.GetFileName(Path.TrimEndingDirectorySeparator(WorkspaceFolder)),
            "userHome" => _user.Home,
            "pathSeparator" or "/" => Path.DirectorySeparatorChar.ToString(),
            _ when match.Groups["default"] is { Success: true } fallback =>
                _user.Variable(name) is { Length: > 0 } value ? value : fallback.Value,
            _ => _user.Variable(name) ?? throw NotSet(name, setting),
        };
    }

    private McpFailureException NotSet(string variable, string setting) =>
        _entry.Invalid($"\"{setting}\" needs the environment variable '{variable}', which is not set. Set it with $env:{variable} = '…' and try again.");

    private static bool IsIn(string folder, string root) =>
        root.Length > 0 && SamePath(Path.GetDirectoryName(folder) ?? "", root) && Path.GetFileName(folder) == "mcpprogress";

    private static bool SamePath(string a, string b) =>
        a.Length > 0 && b.Length > 0 && Path.TrimEndingDirectorySeparator(Path.GetFullPath(a)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(b));

    [GeneratedRegex(@"\$\{(?:env:(?<env>[^}]+)|(?<editor>(?:input|command|config):[^}]*)|(?<name>/|[A-Za-z_][A-Za-z0-9_]*)(?::-(?<default>[^}]*))?)\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
