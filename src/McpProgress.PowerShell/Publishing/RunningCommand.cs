using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Shell = System.Management.Automation.PowerShell;

namespace McpProgress.PowerShell.Publishing;

/// <summary>A published command at work.</summary>
internal sealed class RunningCommand : IDisposable
{
    private readonly Shell _shell = Shell.Create();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the command.</summary>
    /// <param name="runspace">Where it runs; nothing else runs there.</param>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its parameters, which are bound and never read as text.</param>
    /// <param name="call">Takes its output; the host takes the rest.</param>
    public RunningCommand(Runspace runspace, string name, IReadOnlyDictionary<string, object?> values, CommandCall call)
    {
        _shell.Runspace = runspace;
        _shell.AddCommand(name, useLocalScope: true);
        foreach (var (parameter, value) in values)
        {
            _shell.AddParameter(parameter, value);
        }

        // Errors come to the end of the pipeline among the output, in their order.
        _shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        _shell.AddCommand(ResultSinkCommand.Name).AddParameter(nameof(ResultSinkCommand.Call), call);
        if (call.Begun is not null)
        {
            _shell.AddCommand(BeginBoundaryCommand.Name).AddParameter(nameof(BeginBoundaryCommand.Call), call);
        }

        call.Heard = _shell.Streams.ClearStreams;
        _shell.InvocationStateChanged += OnStateChanged;
        _shell.BeginInvoke();
    }

    /// <summary>Completes when the command has ended, in whatever way.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What ended it early; null when it came to its own end.</summary>
    public Exception? Failure => _shell.InvocationStateInfo.State == PSInvocationState.Failed ? _shell.InvocationStateInfo.Reason : null;

    /// <summary>Asks it to stop; its <c>finally</c> blocks run.</summary>
    public void Stop() => _shell.BeginStop(null, null);

    /// <inheritdoc/>
    public void Dispose() => _shell.Dispose();

    private void OnStateChanged(object? sender, PSInvocationStateChangedEventArgs change)
    {
        if (change.InvocationStateInfo.State is PSInvocationState.Completed or PSInvocationState.Failed or PSInvocationState.Stopped)
        {
            _ended.TrySetResult();
        }
    }
}
