using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Tasks;

/// <summary>Calls a tool and waits for it, also where the tool can only run as a task.</summary>
public static class ForegroundCall
{
    /// <summary>The result; progress goes to the call's observer in either case.</summary>
    /// <exception cref="McpFailureException">As <see cref="ServerConnection.CallToolAsync"/>.</exception>
    public static Task<ToolCallResult> RunAsync(ServerConnection connection, ToolDescriptor tool, ToolCallRequest call, CancellationToken cancellationToken) =>
        tool.TaskSupport != "required" || connection.IsStateless
            ? connection.CallToolAsync(call, cancellationToken)
            : RunAsTaskAsync(connection, tool, call, cancellationToken);

    private static async Task<ToolCallResult> RunAsTaskAsync(ServerConnection connection, ToolDescriptor tool, ToolCallRequest call, CancellationToken cancellationToken)
    {
        var request = new BackgroundRequest(tool, call.Arguments) { Kind = BackgroundKind.Task, InputResponder = call.InputResponder };
        BackgroundTask task = await new BackgroundTasks(null).StartAsync(connection, request, Relay(call.Observer), cancellationToken).ConfigureAwait(false);
        using CancellationTokenRegistration cancel = cancellationToken.UnsafeRegister(static state => ((BackgroundTask)state!).Cancel(), task);
        using var cap = new CancellationTokenSource();
        if (call.Timeout > TimeSpan.Zero)
        {
            cap.CancelAfter(call.Timeout);
        }

        try
        {
            return await task.Completion.WaitAsync(cap.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            task.Cancel();
            throw new McpFailureException(ErrorIds.Timeout, $"The call of '{tool.Name}' was ended: it took longer than {call.Timeout.TotalSeconds:0.#} s. Give it longer with -TimeoutSec; 0 sets no limit.");
        }
    }

    private static Action<BackgroundTask>? Relay(IProgressObserver? observer)
    {
        long sequence = 0;
        return observer is null ? null : task =>
        {
            BackgroundState state = task.State;
            observer.OnProgress(new ProgressUpdate(Interlocked.Increment(ref sequence), state.Progress ?? 0, state.Total, state.StatusMessage, state.UpdatedAt));
        };
    }
}
