using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using McpProgress.Core;
using McpProgress.Core.Configuration;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Publishing;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Completion;

/// <summary>Offers names while the user types. A completer never throws and never waits long.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        var wildcard = WildcardPattern.Get($"{typed}*", WildcardOptions.IgnoreCase);
        try
        {
            return [.. Candidates(fakeBoundParameters).Where(candidate => ValueCompletion.CanBeOffered(candidate.Name) && wildcard.IsMatch(candidate.Name)).Select(ToResult)];
        }
        catch (Exception exception) when (exception is McpFailureException or TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            // Nothing to offer: an error would only disturb the line the user is typing.
            return [];
        }
    }

    /// <summary>The names on offer, each with what its tooltip says.</summary>
    private protected abstract IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters);

    private static CompletionResult ToResult((string Name, string? ToolTip) candidate)
    {
        string name = candidate.Name;
        string toolTip = TerminalText.Shorten(TerminalText.Clean(candidate.ToolTip), 300);
        return new CompletionResult(
            ValueCompletion.Written(name), name, CompletionResultType.ParameterValue, toolTip.Length > 0 ? toolTip : name);
    }
}

/// <summary>Completes the names of open connections.</summary>
public sealed class ServerNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) => Open();

    internal static IEnumerable<(string Name, string? ToolTip)> Open() =>
        McpState.For(Runspace.DefaultRunspace).Connections.Select(connection => (connection.Name, (string?)$"{connection.Server} - {connection.Target}"));
}

/// <summary>Completes the names of configured servers.</summary>
public sealed class ConfiguredServerCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) => Configured(boundParameters);

    internal static IEnumerable<(string Name, string? ToolTip)> Configured(IDictionary boundParameters)
    {
        // The folder the prompt is in, which the process's own does not follow; and a file as people write it, such as ~/mcp.json.
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript("(Get-Location -PSProvider FileSystem).ProviderPath; if ($args[0]) { Convert-Path -LiteralPath $args[0] }").AddArgument(boundParameters["ConfigurationPath"]);
        Collection<string> paths = shell.Invoke<string>();
        return new McpConfiguration(UserPlaces.Current).List(paths[0], boundParameters["ConfigurationPath"] is null ? null : paths[^1])
            .Servers.Where(server => !server.IsShadowed).Select(server => (server.Name, (string?)$"{server.Target} ({server.SourcePath})"));
    }
}

/// <summary>Completes the names of configured servers with -ListAvailable, and of open connections without it.</summary>
public sealed class ListedServerCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) =>
        boundParameters.Contains("ListAvailable") ? ConfiguredServerCompleter.Configured(boundParameters) : ServerNameCompleter.Open();
}

/// <summary>Completes the names of a server's tools, with their descriptions.</summary>
public sealed class ToolNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters)
    {
        object? server = boundParameters["Server"] is object[] { Length: > 0 } several ? several[0] : boundParameters["Server"];
        McpConnection connection = McpState.For(Runspace.DefaultRunspace).Resolve(PlainValue.BaseOf(server));
        return ToolsSoon.Of(connection).Select(tool => (tool.Name, tool.Description));
    }
}

/// <summary>Completes the names of progress servers started here.</summary>
public sealed class ProgressServerCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) =>
        McpState.For(Runspace.DefaultRunspace).Servers.Select(server => (server.Name, (string?)$"{server.Transport} {server.Uri?.ToString() ?? $"process {server.ProcessId}"}"));
}

/// <summary>Completes the names of the modules that are loaded.</summary>
public sealed class LoadedModuleCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) =>
        LoadedModules.All().Select(module => (module.Name, (string?)module.Path)).DistinctBy(module => module.Name);
}

/// <summary>Completes the ids of tasks.</summary>
public sealed class TaskIdCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) =>
        TaskLookup.All(McpState.For(Runspace.DefaultRunspace)).Select(task => (task.Id, (string?)$"{task.Tool} on {task.Server}: {task.Status} {task.StatusMessage}"));
}

/// <summary>Completes the names of events.</summary>
public sealed class EventNameCompleter : NameCompleter
{
    private static readonly (string, string?)[] Known =
    [
        (EventNames.Connected, "a connection stands"),
        (EventNames.CallStarted, "a call was sent"),
        (EventNames.Progress, "a call or task made progress"),
        (EventNames.Log, "the server logged something"),
        (EventNames.TaskCreated, "background work has begun"),
        (EventNames.TaskUpdated, "the state of background work has changed"),
        (EventNames.ServerEvent, "the server told of something by itself"),
        (EventNames.InputRequired, "the server asks something"),
        (EventNames.Result, "a call or task has a result"),
        (EventNames.Failed, "a call or task ended without a result"),
        (EventNames.Cancelled, "a call or task was cancelled"),
        (EventNames.Disconnected, "a connection has ended"),
    ];

    private protected override IEnumerable<(string Name, string? ToolTip)> Candidates(IDictionary boundParameters) => Known;
}
