using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// What a freshly made runspace holds, to tell whether a call has left anything in it: variables, functions, aliases,
/// drives, location and its stack, event subscriptions and jobs.
/// </summary>
/// <remarks>
/// A runspace costs milliseconds to make, a look at what it holds a fraction of one. Where a look cannot tell, because the
/// commands keep values that can change inside, belong to a module that keeps state, or do what leaves no trace here, the
/// answer is always that it was touched.
/// </remarks>
internal sealed class RunspaceBaseline
{
    // The engine itself sets these as commands come and go.
    private static readonly HashSet<string> Volatile = new(StringComparer.OrdinalIgnoreCase)
    {
        "?", "^", "$", "_", "args", "Error", "ExecutionContext", "foreach", "input", "LASTEXITCODE", "Matches", "MyInvocation", "PSBoundParameters",
        "PSCommandPath", "PSItem", "PSScriptRoot", "PWD", "StackTrace", "switch", "this",
    };

    private static readonly HashSet<string> Traceless = new(StringComparer.OrdinalIgnoreCase)
    {
        "Update-TypeData", "Remove-TypeData", "Update-FormatData", "Set-PSBreakpoint", "New-PSSession", "Import-PSSession", "Register-ArgumentCompleter",
        "Set-PSDebug", "Start-Transcript", "Set-TraceSource", "New-CimSession", "Invoke-Expression", "Add-History", "Start-ThreadJob",
    };

    private static readonly string PowerShellHome = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;

    private readonly Runspace _runspace;
    private readonly Dictionary<string, object?> _variables;
    private readonly Dictionary<string, object?> _functions;
    private readonly Dictionary<string, object?> _aliases;
    private readonly int _drives;
    private readonly int _subscribers;
    private readonly string _location;
    private readonly string _pushed;
    private readonly bool _canTell;

    /// <summary>Looks at a runspace that is ready for its first call.</summary>
    /// <param name="runspace">The runspace; nothing runs in it.</param>
    /// <param name="vanilla">The variables that PowerShell itself had put there.</param>
    public RunspaceBaseline(Runspace runspace, IReadOnlySet<string> vanilla)
    {
        _runspace = runspace;
        var proxy = runspace.SessionStateProxy;
        _variables = Variables(runspace);
        _functions = Functions();
        _aliases = Aliases();
        _drives = CountDrives();
        _location = proxy.Path.CurrentLocation.Path;
        _pushed = Pushed();
        _subscribers = runspace.Events.Subscribers.Count;
        _canTell =
            _variables.All(variable => vanilla.Contains(variable.Key) || IsImmutable(variable.Value))
            && !_functions.Values.OfType<ScriptBlock>().Any(function => function.Ast.Find(LeavesNoTrace, searchNestedScriptBlocks: true) is not null)
            && Modules(runspace).All(ModuleState.IsStateless);
    }

    /// <summary>The names of a runspace's global variables.</summary>
    public static IReadOnlySet<string> NamesOfVariables(Runspace runspace) =>
        Variables(runspace).Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether all is as it was. The list of errors and the last exit code, which nobody means to leave, are cleared.</summary>
    /// <param name="jobs">The runspace's jobs; null when the call ended before it began.</param>
    public bool IsUntouched(JobRepository? jobs)
    {
        var proxy = _runspace.SessionStateProxy;
        if (!_canTell
            || jobs is { Jobs.Count: > 0 }
            || _runspace.Events.Subscribers.Count != _subscribers
            || _runspace.Events.ReceivedEvents.Count > 0
            || proxy.Path.CurrentLocation.Path != _location
            || Pushed() != _pushed
            || CountDrives() != _drives
            || proxy.GetVariable("PSDefaultParameterValues") is not IDictionary { Count: 0 }
            || !Same(_variables, Variables(_runspace))
            || !Same(_functions, Functions())
            || !Same(_aliases, Aliases()))
        {
            return false;
        }

        (proxy.GetVariable("Error") as IList)?.Clear();
        proxy.SetVariable("LASTEXITCODE", null);
        return true;
    }

    private static bool Same(Dictionary<string, object?> before, Dictionary<string, object?> now)
    {
        if (before.Count != now.Count)
        {
            return false;
        }

        foreach (var (name, value) in now)
        {
            if (!before.TryGetValue(name, out var old) || !(ReferenceEquals(old, value) || (old is ValueType or string && old.Equals(value))))
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<string, object?> Variables(Runspace runspace)
    {
        var variables = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in runspace.SessionStateProxy.InvokeProvider.ChildItem.Get("variable:", recurse: false))
        {
            if (item.BaseObject is PSVariable variable && !Volatile.Contains(variable.Name))
            {
                variables[variable.Name] = variable.Value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : variable.Value;
            }
        }

        return variables;
    }

    private Dictionary<string, object?> Functions() => Commands<FunctionInfo>(CommandTypes.Function | CommandTypes.Filter)
        .ToDictionary(function => function.Name, function => (object?)function.ScriptBlock, StringComparer.OrdinalIgnoreCase);

    private Dictionary<string, object?> Aliases() => Commands<AliasInfo>(CommandTypes.Alias)
        .ToDictionary(alias => alias.Name, alias => (object?)alias.Definition, StringComparer.OrdinalIgnoreCase);

    // Not through the drives function: and alias:, which take ten times as long to list the same.
    private IEnumerable<T> Commands<T>(CommandTypes types)
        where T : CommandInfo =>
        _runspace.SessionStateProxy.InvokeCommand.GetCommands("*", types, nameIsPattern: true).OfType<T>().Where(command => !IsPowerShells(command.Module));

    private int CountDrives() => _runspace.SessionStateProxy.Drive.GetAll().Count(drive => !IsPowerShells(drive.Provider.Module));

    // The stack that Push-Location uses now. The others cannot be listed, nor those of modules.
    private string Pushed()
    {
        try
        {
            var stack = _runspace.SessionStateProxy.Path.LocationStack("");
            return $"{stack.Name} {stack.Count}";
        }
        catch (PSArgumentException)
        {
            // One with a name of its own, which is gone when it is empty.
            return "";
        }
    }

    // PowerShell loads its own modules when they are first used; what they bring says nothing of the call.
    private static bool IsPowerShells(PSModuleInfo? module) => module?.ModuleBase?.StartsWith(PowerShellHome, StringComparison.OrdinalIgnoreCase) == true;

    private static PSModuleInfo[] Modules(Runspace runspace)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        return [.. shell.AddCommand("Microsoft.PowerShell.Core\\Get-Module").AddParameter("All").Invoke<PSModuleInfo>().Where(module => !IsPowerShells(module))];
    }

    private static bool LeavesNoTrace(Ast ast) =>
        ast is CommandAst command && command.GetCommandName() is { } name && Traceless.Contains(name[(name.LastIndexOf('\\') + 1)..]);

    private static bool IsImmutable(object? value) =>
        value is null or string or ScriptBlock or Type or Uri or Version or Regex or decimal or DateTime or DateTimeOffset or TimeSpan or Guid or SwitchParameter or Enum
        || value.GetType().IsPrimitive;
}
