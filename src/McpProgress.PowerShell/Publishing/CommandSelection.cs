using System.Globalization;
using System.Management.Automation;
using System.Text;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.ProgressServer;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Which commands a user wants published.</summary>
internal sealed class CommandSelection
{
    /// <summary>Commands of the session.</summary>
    public IReadOnlyList<CommandInfo> Commands { get; init; } = [];

    /// <summary>Every function of the session that is no module's: published commands may call them.</summary>
    public IReadOnlyList<FunctionInfo> Helpers { get; init; } = [];

    /// <summary>Full paths of scripts whose functions are meant.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Whether functions without help and without <c>[CmdletBinding()]</c> are meant too.</summary>
    public bool All { get; init; }

    /// <summary>Names or paths of modules whose commands are meant.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Which of them may or must run as tasks.</summary>
    public TaskChoice Tasks { get; init; } = TaskChoice.AsClientsLike;

    /// <summary>Where commands start.</summary>
    public required string Location { get; init; }

    /// <summary>The script that serves the same in another PowerShell, over stdio.</summary>
    /// <param name="maxConcurrency">How many commands may run at once.</param>
    /// <param name="taskStore">The file tasks are kept in; null keeps them in memory.</param>
    public string ToScript(int maxConcurrency, string? taskStore)
    {
        var script = new StringBuilder();
        foreach (var module in Commands.Select(command => command.Module?.Path).Where(File.Exists).Distinct(StringComparer.Ordinal))
        {
            script.Append(CultureInfo.InvariantCulture, $"Import-Module {Literal.Of(module!)}; ");
        }

        script.Append("Start-McpProgressServer -Stdio");
        Add("-Command", Commands.Select(command => command is ExternalScriptInfo file ? file.Path : $"{command.ModuleName}\\{command.Name}".TrimStart('\\')));
        Add("-Path", Paths.Select(WildcardPattern.Escape));
        Add("-Module", Modules);
        Add("-NoTask", Tasks.Never);
        Add("-TaskOnly", Tasks.Always);
        script.Append(All ? " -All" : "").Append(CultureInfo.InvariantCulture, $" -MaxConcurrency {maxConcurrency}").Append(ServerProgram.TaskParameter(taskStore));
        return script.ToString();

        void Add(string name, IEnumerable<string> values)
        {
            var literals = string.Join(", ", values.Select(Literal.Of));
            if (literals.Length > 0)
            {
                script.Append(CultureInfo.InvariantCulture, $" {name} {literals}");
            }
        }
    }

    /// <summary>The runspace these commands need.</summary>
    public RunspaceRecipe ToRecipe()
    {
        var recipe = new RunspaceRecipe { Location = Location };
        foreach (var helper in Helpers)
        {
            recipe.Add(helper);
        }

        // A module that a session made from a script block has no file: it cannot be made anew, and its functions are not published.
        foreach (var command in Commands)
        {
            if (command.Module is { Path: { Length: > 0 } path } module && module.ModuleType != ModuleType.Cim && !recipe.Modules.Contains(path) && File.Exists(path))
            {
                recipe.Modules.Add(path);
            }
            else if (command is FunctionInfo function && command.Module is null)
            {
                recipe.Add(function);
            }
        }

        recipe.Modules.AddRange(Modules);
        recipe.Scripts.AddRange(Paths);
        return recipe;
    }
}
