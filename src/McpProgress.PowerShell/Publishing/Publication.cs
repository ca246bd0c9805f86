using System.Management.Automation;
using System.Management.Automation.Runspaces;
using McpProgress.Core;
using McpProgress.PowerShell.State;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Commands that are published: their tools, and the runspaces they run in.</summary>
internal sealed partial class Publication : IDisposable
{
    private const string LogCategory = "McpProgress.Publishing";

    // As long as a client that started the process would wait for its end.
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    private readonly CommandRunspaces _runspaces;
    private readonly TaskChoice _tasks;
    private readonly ILogger _logger;

    private Publication(IReadOnlyList<PublishedCommand> commands, IReadOnlyList<string> remarks, CommandRunspaces runspaces, CommandRunner runner, TaskChoice tasks, ILogger logger)
    {
        Commands = commands;
        Remarks = remarks;
        Runner = runner;
        _runspaces = runspaces;
        _tasks = tasks;
        _logger = logger;
        Tools = new ToolSet(commands.Select(command => command.ToTool(runner, tasks)));
    }

    /// <summary>The commands.</summary>
    public IReadOnlyList<PublishedCommand> Commands { get; private set; }

    /// <summary>What was left out or went wrong, and why: one sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>The tools.</summary>
    public ToolSet Tools { get; private set; }

    /// <summary>Runs them.</summary>
    public CommandRunner Runner { get; }

    /// <summary>Loads what is to be published and reads its definitions.</summary>
    /// <param name="selection">What is to be published.</param>
    /// <param name="maxConcurrency">How many commands may run at once.</param>
    /// <param name="ownsProcess">Whether this process serves and does nothing else.</param>
    /// <param name="loggers">The server's log.</param>
    /// <param name="stop">Ends the loading.</param>
    /// <exception cref="McpFailureException">McpServerStartFailed: a file or module cannot be loaded, or nothing is left to publish.</exception>
    public static Publication Open(CommandSelection selection, int maxConcurrency, bool ownsProcess, ILoggerFactory loggers, CancellationToken stop)
    {
        var recipe = selection.ToRecipe();
        var errors = new ErrorText(PrivateFolders(recipe));
        var first = Create(recipe, stop);
        try
        {
            var remarks = first.Errors.Select(error => $"While the commands were loaded: {errors.Of(error)}").ToList();
            var commands = Read(first.Inner, selection, remarks);
            if (commands.Count == 0)
            {
                var hint = selection.Paths.Count > 0 && !selection.All ? " Functions without help and without [CmdletBinding()] are published with -All." : "";
                throw new McpFailureException(ErrorIds.ServerStartFailed, string.Join(' ', ["There is no command to publish.", .. remarks]) + hint);
            }

            remarks.AddRange(selection.Tasks.FindUnused(commands.Select(command => command.Name)));
            var logger = loggers.CreateLogger(LogCategory);
            var runspaces = new CommandRunspaces(recipe, first, maxConcurrency, ownsProcess, logger);
            return new Publication(commands, remarks, runspaces, new CommandRunner(runspaces, errors, logger), selection.Tasks, logger);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <summary>Leaves out the commands that are not accepted.</summary>
    /// <returns>Whether any are left.</returns>
    public bool Keep(Func<PublishedCommand, bool> accept)
    {
        Commands = [.. Commands.Where(accept)];
        Tools = new ToolSet(Commands.Select(command => command.ToTool(Runner, _tasks)));
        return Commands.Count > 0;
    }

    /// <summary>What a server of these commands serves.</summary>
    public ToolServerOptions ToServerOptions(TaskOptions tasks) => new() { Tools = Tools, Tasks = tasks };

    /// <summary>Writes the remarks to the server's log.</summary>
    public void LogRemarks()
    {
        foreach (var remark in Remarks)
        {
            LogRemark(_logger, remark);
        }
    }

    /// <summary>
    /// Ends this process in a few seconds, if commands still run then: it has served its only client, and a command that
    /// cannot be stopped would keep it for ever, because its thread does.
    /// </summary>
    public async Task EndProcessWithCommandsAsync()
    {
        await Task.Delay(EndGrace).ConfigureAwait(false);
        if (Runner.IsBusy)
        {
            try
            {
                LogEnd(_logger, EndGrace.TotalSeconds);
            }
            finally
            {
                Environment.Exit(0);
            }
        }
    }

    /// <summary>Closes the runspaces.</summary>
    public void Dispose() => _runspaces.Dispose();

    private static CommandRunspace Create(RunspaceRecipe recipe, CancellationToken stop)
    {
        try
        {
            return CommandRunspace.Create(recipe, stop);
        }
        catch (RuntimeException failure) when (failure is not PipelineStoppedException)
        {
            throw new McpFailureException(ErrorIds.ServerStartFailed, $"The commands cannot be loaded: {failure.Message}", failure);
        }
    }

    private static List<PublishedCommand> Read(Runspace runspace, CommandSelection selection, List<string> remarks)
    {
        var before = Runspace.DefaultRunspace;
        Runspace.DefaultRunspace = runspace;
        try
        {
            var commands = new Dictionary<string, PublishedCommand>(StringComparer.OrdinalIgnoreCase);
            foreach (var (command, help) in Find(runspace, selection, remarks))
            {
                try
                {
                    var published = new PublishedCommand(command, CommandHelp.Of(help, name => GetHelp(runspace, name)));
                    if (!commands.TryAdd(published.Name, published))
                    {
                        remarks.Add($"A second command is named '{published.Name}'; it is not published.");
                    }
                }
                catch (Exception reason) when (reason is NotPublishableException or RuntimeException)
                {
                    remarks.Add($"'{command.Name}' is not published: {reason.Message}.");
                }
            }

            return [.. commands.Values];
        }
        finally
        {
            Runspace.DefaultRunspace = before;
        }
    }

    // The command as it is in the new runspace, and as whoever knows its help has it.
    private static IEnumerable<(CommandInfo Command, CommandInfo Help)> Find(Runspace runspace, CommandSelection selection, List<string> remarks)
    {
        var lookup = runspace.SessionStateProxy.InvokeCommand;
        foreach (var command in selection.Commands)
        {
            var name = command is ExternalScriptInfo script ? script.Path
                : command.Module is { Path.Length: > 0 } ? $"{command.ModuleName}\\{command.Name}"
                : command.Name;
            if (lookup.GetCommand(name, command.CommandType) is { } found)
            {
                yield return (found, command);
            }
            else
            {
                remarks.Add($"'{command.Name}' is not published: it cannot be found in a fresh runspace. Put it in a file, and name that with -Path or -Module.");
            }
        }

        foreach (var path in selection.Paths)
        {
            var functions = lookup.GetCommands("*", CommandTypes.Function, nameIsPattern: true).OfType<FunctionInfo>()
                .Where(function => function.ScriptBlock?.File is { } file && string.Equals(file, path, StringComparison.Ordinal))
                .OrderBy(function => function.ScriptBlock.Ast.Extent.StartOffset);
            foreach (var function in functions)
            {
                if (selection.All || function.CmdletBinding || CommandHelp.IsIn(function))
                {
                    yield return (function, function);
                }
            }
        }

        foreach (var command in selection.Modules.SelectMany(module => CommandsOf(runspace, module)))
        {
            yield return (command, command);
        }
    }

    private static CommandInfo[] CommandsOf(Runspace runspace, string module)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        var isPath = module.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return shell.AddCommand("Microsoft.PowerShell.Core\\Get-Module").Invoke<PSModuleInfo>()
            .Where(info => isPath ? IsFrom(info, module) : string.Equals(info.Name, module, StringComparison.OrdinalIgnoreCase))
            .SelectMany(info => info.ExportedCommands.Values)
            .Where(command => command.CommandType is CommandTypes.Function or CommandTypes.Cmdlet or CommandTypes.Filter)
            .ToArray();
    }

    private static bool IsFrom(PSModuleInfo info, string path) =>
        string.Equals(info.Path, path, StringComparison.OrdinalIgnoreCase)
        || string.Equals(LoadedModules.ManifestOf(info), path, StringComparison.OrdinalIgnoreCase)
        || string.Equals(info.ModuleBase, Path.TrimEndingDirectorySeparator(path), StringComparison.OrdinalIgnoreCase)
        || string.Equals(Path.ChangeExtension(info.Path, null), Path.ChangeExtension(path, null), StringComparison.OrdinalIgnoreCase);

    private static PSObject? GetHelp(Runspace runspace, string name)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        return shell.AddCommand("Microsoft.PowerShell.Core\\Get-Help").AddParameter("Name", name).AddParameter("ErrorAction", ActionPreference.Ignore)
            .Invoke().FirstOrDefault();
    }

    private static IEnumerable<string> PrivateFolders(RunspaceRecipe recipe) =>
    [
        .. recipe.Scripts.Concat(recipe.Modules).Where(Path.IsPathRooted).Select(Path.GetDirectoryName).OfType<string>(),
        recipe.Location,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        AppContext.BaseDirectory,
        ModuleFolder.Bin,
    ];

    [LoggerMessage(Level = LogLevel.Error, Message = "Commands have not stopped {Seconds} s after their client was gone. The process ends.")]
    private static partial void LogEnd(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Remark}")]
    private static partial void LogRemark(ILogger logger, string remark);
}
