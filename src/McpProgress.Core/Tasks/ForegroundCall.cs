using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;
using ModelContextProtocol;

namespace McpProgress.Core.Tasks;

/// <summary>Calls a tool and waits for it, also where the tool can only run as a task.</summary>
public static class ForegroundCall
{
    /// <summary>What a server of revision 2026-07-28 answers where a capability is missing that the tool needs, such as tasks.</summary>
    private const McpErrorCode MissingCapability = (McpErrorCode)(-32021);

    /// <summary>The result; progress goes to the call's observer in either case.</summary>
    /// <exception cref="McpFailureException">As <see cref="ServerConnection.CallToolAsync"/>.</exception>
    public static async Task<ToolCallResult> RunAsync(ServerConnection connection, ToolDescriptor tool, ToolCallRequest call, CancellationToken cancellationToken)
    {
        if (tool.TaskSupport == "required" && !connection.IsStateless)
        {
            return await RunAsTaskAsync(connection, tool, call, BackgroundKind.Task, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await connection.CallToolAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (McpFailureException failure) when (
            failure.InnerException is McpProtocolException { ErrorCode: MissingCapability } && BackgroundTasks.OffersExtension(connection))
        {
            // In this revision no list says which tools want to be tasks: the server does, before it begins.
            return await RunAsTaskAsync(connection, tool, call, BackgroundKind.ExtensionTask, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ToolCallResult> RunAsTaskAsync(
        ServerConnection connection, ToolDescriptor tool, ToolCallRequest call, BackgroundKind kind, CancellationToken cancellationToken)
    {
        TimeSpan idle = call.IdleTimeout ?? connection.IdleTimeout;
        var life = new CallProgress(0, connection.Time, null);
        var request = new BackgroundRequest(tool, call.Arguments) { Kind = kind, InputResponder = call.InputResponder, Observer = new Observer(life, call.Observer) };
        using var timers = new CallTimers(life, idle, call.Timeout, connection.Time, cancellationToken);
        try
        {
            BackgroundTask task = await new BackgroundTasks(null).StartAsync(connection, request, _ => life.Touch(), timers.Ended).ConfigureAwait(false);
            using CancellationTokenRegistration cancel = timers.Ended.UnsafeRegister(static state => ((BackgroundTask)state!).Cancel(), task);
            return await task.Completion.ConfigureAwait(false);
        }
        catch (McpFailureException failure) when (failure.ErrorId == ErrorIds.Cancelled && timers.End is CallEnd.IdleTimeout or CallEnd.Timeout)
        {
            throw timers.End == CallEnd.Timeout
                ? new McpFailureException(ErrorIds.Timeout, $"The call of '{tool.Name}' was ended: it took longer than {call.Timeout.TotalSeconds:0.#} s. Give it longer with -TimeoutSec; 0 sets no limit.")
                : new McpFailureException(ErrorIds.IdleTimeout, $"The call of '{tool.Name}' was ended: nothing was heard of it for {idle.TotalSeconds:0.#} s. Give it longer with -IdleTimeoutSec; 0 waits for ever.");
        }
    }

    private sealed class Observer(CallProgress life, IProgressObserver? inner) : IProgressObserver
    {
        public void OnProgress(in ProgressUpdate update)
        {
            life.Touch();
            inner?.OnProgress(update);
        }
    }
}
