using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace McpProgress.PowerShell.Publishing;

/// <summary>A runspace in which published commands run, one at a time, with the host that speaks for them.</summary>
internal sealed class CommandRunspace : IDisposable
{
    private readonly Runspace _runspace;
    private readonly ToolHost _host;
    private readonly RunspaceBaseline _baseline;

    private CommandRunspace(Runspace runspace, ToolHost host, RunspaceBaseline baseline, IReadOnlyList<ErrorRecord> errors)
    {
        _runspace = runspace;
        _host = host;
        _baseline = baseline;
        Errors = errors;
    }

    /// <summary>What its scripts and modules complained of while it was made.</summary>
    public IReadOnlyList<ErrorRecord> Errors { get; }

    /// <summary>The runspace itself, for looking at what it has.</summary>
    public Runspace Inner => _runspace;

    /// <summary>Makes a runspace.</summary>
    /// <param name="recipe">What is loaded into it.</param>
    /// <param name="stop">Ends the loading.</param>
    /// <exception cref="RuntimeException">A script or module cannot be loaded.</exception>
    /// <exception cref="PipelineStoppedException">It was stopped.</exception>
    public static CommandRunspace Create(RunspaceRecipe recipe, CancellationToken stop = default)
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry(ResultSinkCommand.Name, typeof(ResultSinkCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry(BeginBoundaryCommand.Name, typeof(BeginBoundaryCommand), null));
        foreach (var (name, definition) in recipe.Functions)
        {
            state.Commands.Add(new SessionStateFunctionEntry(name, definition));
        }

        var host = new ToolHost();
        var runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        try
        {
            runspace.Open();
            recipe.VanillaVariables ??= RunspaceBaseline.NamesOfVariables(runspace);
            var errors = Prepare(runspace, recipe, stop);
            return new CommandRunspace(runspace, host, new RunspaceBaseline(runspace, recipe.VanillaVariables), errors);
        }
        catch
        {
            runspace.Dispose();
            throw;
        }
    }

    /// <summary>Starts a command.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="values">Its parameters.</param>
    /// <param name="call">Where everything it says goes.</param>
    public RunningCommand Start(string command, IReadOnlyDictionary<string, object?> values, CommandCall call)
    {
        _host.Call = call;
        return new RunningCommand(_runspace, command, values, call);
    }

    /// <summary>Ends a call, and says whether the runspace may serve another: only if nothing of this one is left in it.</summary>
    public bool TryReset(CommandCall call)
    {
        _host.Call = null;
        return call.ExitCode is null && _runspace.RunspaceStateInfo.State == RunspaceState.Opened && _baseline.IsUntouched(call.Jobs);
    }

    /// <summary>Closes the runspace; waits for what still runs in it.</summary>
    public void Dispose()
    {
        _host.Call = null;
        _runspace.Dispose();
    }

    private static List<ErrorRecord> Prepare(Runspace runspace, RunspaceRecipe recipe, CancellationToken stop)
    {
        runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(recipe.Location));
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        foreach (var (name, definition) in recipe.Filters)
        {
            // A session state takes functions only.
            shell.AddStatement().AddScript($"filter {name} {{ {definition}\n}}", useLocalScope: false);
        }

        foreach (var module in recipe.Modules)
        {
            shell.AddStatement().AddCommand("Microsoft.PowerShell.Core\\Import-Module").AddParameter("Name", module).AddParameter("DisableNameChecking");
        }

        foreach (var script in recipe.Scripts)
        {
            shell.AddStatement().AddCommand(script, useLocalScope: false);
        }

        if (shell.Commands.Commands.Count > 0)
        {
            using var stopping = stop.UnsafeRegister(static loading => ((System.Management.Automation.PowerShell)loading!).BeginStop(null, null), shell);
            shell.Invoke();
        }

        // The caller decides by its log level what it wants to hear.
        runspace.SessionStateProxy.SetVariable("VerbosePreference", ActionPreference.Continue);
        runspace.SessionStateProxy.SetVariable("DebugPreference", ActionPreference.Continue);
        return [.. shell.Streams.Error];
    }
}
