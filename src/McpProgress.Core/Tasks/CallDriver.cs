using McpProgress.Core.Calls;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Tasks;

/// <summary>Background work as a plain call held open: it lives as long as the connection.</summary>
internal sealed class CallDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest request) : TaskDriver(task, slot, request), IProgressObserver
{
    // The call has its own timers, which tell the server why it ends.
    protected override (TimeSpan Idle, TimeSpan Total) Limits => (TimeSpan.Zero, TimeSpan.Zero);

    public override Task<ToolCallResult?> StartAsync(CancellationToken cancellationToken) => System.Threading.Tasks.Task.FromResult<ToolCallResult?>(null);

    public override Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken)
    {
        var call = new ToolCallRequest(Request.Tool.Name, Request.Arguments)
        {
            Observer = this,
            IdleTimeout = Request.IdleTimeout,
            Timeout = Request.Timeout,
            InputResponder = AskAsync,
            Background = Task,
        };
        return Slot.Current.CallToolAsync(call, cancellationToken);
    }

    public void OnProgress(in ProgressUpdate update) => Task.Report(update);
}
