namespace McpProgress.Core.Tasks;

/// <summary>
/// The pace of polling: 20 ms at first, since many tasks are short, then twice as long each time up to what the server
/// wants. A notification ends the wait early.
/// </summary>
internal sealed class PollDelay(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);

    private TimeSpan _next = First;
    private TaskCompletionSource _woken = New();

    /// <summary>Ends the wait that is going on, or the next one.</summary>
    public void Wake() => Volatile.Read(ref _woken).TrySetResult();

    /// <summary>Waits for the next poll.</summary>
    /// <param name="serverInterval">What the server wants; null when it does not say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WaitAsync(TimeSpan? serverInterval, CancellationToken cancellationToken)
    {
        TimeSpan longest = serverInterval is { } interval && interval > TimeSpan.Zero ? interval : Usual;
        TimeSpan wait = _next < longest ? _next : longest;
        _next = wait * 2;
        try
        {
            await Volatile.Read(ref _woken).Task.WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _woken, New());
        }
        catch (TimeoutException)
        {
            // Nobody called: it is time to ask.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
