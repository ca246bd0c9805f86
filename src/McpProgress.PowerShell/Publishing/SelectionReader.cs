using System.Management.Automation;
using System.Management.Automation.Runspaces;
using McpProgress.Core;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Finds, in a cmdlet's session, what its user wants published.</summary>
/// <param name="cmdlet">The cmdlet.</param>
internal sealed class SelectionReader(PSCmdlet cmdlet)
{
    private const CommandTypes Publishable = CommandTypes.Function | CommandTypes.Filter | CommandTypes.Cmdlet | CommandTypes.ExternalScript;

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument: there is no such command or file.</exception>
    public CommandSelection Read(string[]? commands, string[]? paths, bool all, string[]? modules, TaskChoice tasks)
    {
        string[] files = [.. (paths ?? []).SelectMany(Files)];
        CommandInfo[] found = [.. (commands ?? []).Select(Find)];
        return new CommandSelection
        {
            Commands = found,
            Helpers = found.Any(command => command is FunctionInfo { Module: null }) ? Helpers() : [],
            Paths = [.. files.Where(file => !IsModule(file))],
            All = all,
            Tasks = tasks,
            Modules = [.. (modules ?? []).Select(Module), .. files.Where(IsModule)],
            Location = cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath,
        };
    }

    private static bool IsModule(string file) => Path.GetExtension(file).ToUpperInvariant() is ".PSM1" or ".PSD1";

    private CommandInfo Find(string name)
    {
        CommandInfo? command = cmdlet.InvokeCommand.GetCommand(name, Publishable | CommandTypes.Alias);
        if (command is AliasInfo alias)
        {
            command = alias.ResolvedCommand;
        }

        if (command is { } && Publishable.HasFlag(command.CommandType))
        {
            return command;
        }

        IReadOnlyList<string> near = NearestNames.Find(name, [.. cmdlet.InvokeCommand.GetCommands("*", CommandTypes.Function | CommandTypes.Cmdlet, nameIsPattern: true).Select(known => known.Name)]);
        string hint = near.Count > 0 ? $" Did you mean {string.Join(", ", near)}?" : "";
        throw new McpFailureException(
            ErrorIds.InvalidArgument, $"There is no function, cmdlet or script named '{name}' to publish.{hint} Import its module first, or publish a whole file with -Path.");
    }

    private IEnumerable<string> Files(string path)
    {
        string[] files;
        try
        {
            files = [.. cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider)];
            if (provider.Name != "FileSystem")
            {
                throw new McpFailureException(ErrorIds.InvalidArgument, $"'{path}' is not in the file system.");
            }
        }
        catch (Exception failure) when (failure is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"There is no script at '{path}': {failure.Message}", failure);
        }

        return Array.Find(files, file => !File.Exists(file)) is { } folder
            ? throw new McpFailureException(ErrorIds.InvalidArgument, $"'{folder}' is not a file. Give the scripts themselves, such as {Path.Combine(path, "*.ps1")}.")
            : files;
    }

    // A path is the session's. A name is that of a module the session has loaded, wherever from, else PowerShell's own to look up.
    private string Module(string module) =>
        module.Contains('/', StringComparison.Ordinal) || module.Contains('\\', StringComparison.Ordinal)
            ? cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(module)
            : LoadedModules.FileOf(module) ?? module;

    // Not those every session has, and not those of modules, which bring them along themselves.
    private FunctionInfo[] Helpers()
    {
        HashSet<string> everywhere = InitialSessionState.CreateDefault2().Commands.Select(command => command.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. cmdlet.InvokeCommand.GetCommands("*", CommandTypes.Function | CommandTypes.Filter, nameIsPattern: true).OfType<FunctionInfo>()
                .Where(function => function.Module is null && string.IsNullOrEmpty(function.ModuleName) && !everywhere.Contains(function.Name)),
        ];
    }
}
