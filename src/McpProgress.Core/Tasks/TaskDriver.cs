using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Tasks;

/// <summary>Carries one piece of background work over the wire to its end. One class for each way of doing it.</summary>
internal abstract class TaskDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest? request)
{
    /// <summary>How long a server is waited for that was asked to cancel.</summary>
    protected static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(2);

    /// <summary>The work.</summary>
    protected BackgroundTask Task { get; } = task;

    /// <summary>The connection it goes over.</summary>
    protected ConnectionSlot Slot { get; } = slot;

    /// <summary>What was asked for; only work that was started here has it.</summary>
    protected BackgroundRequest Request => request ?? throw new InvalidOperationException("A task that was taken up again is not started.");

    /// <summary>Answers questions; null leaves them to <see cref="BackgroundTask.Answer"/>.</summary>
    public InputResponder? Responder { get; init; } = request?.InputResponder;

    /// <summary>How long it may stay silent, and how long it may take at all; zero is for ever.</summary>
    protected virtual (TimeSpan Idle, TimeSpan Total) Limits => (TimeSpan.Zero, request?.Timeout ?? TimeSpan.Zero);

    /// <summary>What was heard of it.</summary>
    protected CallProgress Life { get; } = new(0, slot.Current.Time, null);

    /// <summary>Starts it on the server. Returns when the server has it, or when it is done already.</summary>
    /// <returns>The result, when the server did not make it background work after all.</returns>
    public abstract Task<ToolCallResult?> StartAsync(CancellationToken cancellationToken);

    /// <summary>Waits for its end, keeping <see cref="Task"/> up to date.</summary>
    public abstract Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken);

    /// <summary>Asks the server to stop it; the task here has ended already.</summary>
    public virtual Task CancelAsync(CancellationToken cancellationToken) => System.Threading.Tasks.Task.CompletedTask;

    /// <summary>Lets go of what was registered for it.</summary>
    /// <param name="end">Why it was ended here; None where it ended by itself.</param>
    /// <param name="failure">How it failed; null where it has a result.</param>
    public virtual void Release(CallEnd end, McpFailureException? failure)
    {
    }

    /// <summary>Runs it to its end. Never throws: the outcome is in the task.</summary>
    /// <param name="started">Told when the server has it, with the failure if it never did.</param>
    public async Task RunAsync(TaskCompletionSource started)
    {
        (TimeSpan idle, TimeSpan total) = Limits;
        using var timers = new CallTimers(Life, idle, total, Slot.Current.Time, Task.Cancelled);
        ToolCallResult? result = null;
        McpFailureException? failure = null;
        try
        {
            // What an earlier session started has not to be started again.
            result = request is null ? null : await StartAsync(timers.Ended).ConfigureAwait(false);
            Task.Announce();
            started.TrySetResult();
            result ??= await FinishAsync(timers.Ended).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = Explain(exception, timers.End);
        }

        // First: who sees the end must not find anything of it any more.
        Release(timers.End, failure);
        if (failure is null)
        {
            Task.Complete(result!);
            return;
        }

        Task.Fail(failure);
        started.TrySetException(failure);
        if (timers.End != CallEnd.None)
        {
            await TellServerAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The parameters of the call, with room for what a driver adds.</summary>
    protected JsonObject CallParameters(long progressToken) =>
        new ToolCallRequest(Request.Tool.Name, (JsonObject)Request.Arguments.DeepClone()).ToParameters(progressToken);

    /// <summary>Puts a question to the one who answers: the handler given at the start, else whoever comes.</summary>
    protected async Task<InputAnswer?> AskAsync(InputRequest input, CancellationToken cancellationToken)
    {
        if (Responder is not { } responder)
        {
            return await Task.AskAsync(input, cancellationToken).ConfigureAwait(false);
        }

        // The question is shown while the handler works on it; whoever answers first is heard.
        Task<InputAnswer?> asked = Task.AskAsync(input, cancellationToken);
        try
        {
            if (!asked.IsCompleted && await responder(input, cancellationToken).ConfigureAwait(false) is { } answer)
            {
                Task.Answer(input.Key, answer);
            }
        }
        catch (McpFailureException failure) when (failure.ErrorId == ErrorIds.InvalidArgument)
        {
            // The question stays open: Send-McpTaskInput can still answer it.
            Task.Warn($"The answer of the input handler to '{input.Message}' was refused: {failure.Message}");
        }

        return await asked.ConfigureAwait(false);
    }

    /// <summary>A number that a server sent; null for anything else.</summary>
    protected static double? NumberOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number) ? number : null;

    private McpFailureException Explain(Exception exception, CallEnd end) => end switch
    {
        CallEnd.Cancelled => new McpFailureException(ErrorIds.Cancelled, $"The work was cancelled (tool '{Task.Tool}', task '{Task.Id}').", exception),
        CallEnd.IdleTimeout => new McpFailureException(
            ErrorIds.IdleTimeout, $"The task '{Task.Id}' of tool '{Task.Tool}' was ended: nothing was heard of it for {Limits.Idle.TotalSeconds:0.#} s. Give it longer with -IdleTimeoutSec; 0 waits for ever.", exception),
        CallEnd.Timeout => new McpFailureException(
            ErrorIds.Timeout, $"The task '{Task.Id}' of tool '{Task.Tool}' was ended: it took longer than {Limits.Total.TotalSeconds:0.#} s. Give it longer with -TimeoutSec; 0 sets no limit.", exception),
        _ => exception as McpFailureException ?? new McpFailureException(
            ErrorIds.ProtocolError, $"The task '{Task.Id}' of tool '{Task.Tool}' ended unexpectedly: {exception.Message}", exception),
    };

    private async Task TellServerAsync()
    {
        using var limit = new CancellationTokenSource(CancelGrace);
        try
        {
            await CancelAsync(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is McpFailureException or OperationCanceledException)
        {
            // It could not be told in time; the task has ended here, and its time to live ends it there.
        }
    }
}
