using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace McpProgress.PowerShell.Pipeline;

/// <summary>
/// Runs asynchronous work for a cmdlet: the work runs on the thread pool, and what it wants to write is carried
/// to the pipeline thread, the only one that may write. Cancellation reaches the work; the queue is always drained.
/// </summary>
internal sealed class PipelinePump
{
    private readonly BlockingCollection<Action> _actions = [];
    private Action? _last;

    /// <summary>Asks for an action on the pipeline thread. Ignored once the work has ended.</summary>
    /// <returns>Whether it will be carried out.</returns>
    public bool Post(Action action)
    {
        try
        {
            return _actions.TryAdd(action);
        }
        catch (InvalidOperationException)
        {
            // Completed meanwhile: the work has ended, and nobody draws what comes after it.
            return false;
        }
    }

    /// <summary>Asks for an action on the pipeline thread when the work has ended, however it ended, stopped or not.</summary>
    public void Finally(Action action) => _last += action;

    /// <summary>Runs the work to its end while this thread carries out what it posts. A pump runs work once.</summary>
    /// <param name="work">The work.</param>
    /// <param name="stop">Cancelled when an action throws, as writing does in a stopped pipeline.</param>
    public void Run(Func<Task> work, CancellationTokenSource stop)
    {
        try
        {
            RunUntil(Task.Run(work), stop);
        }
        finally
        {
            Complete();
        }
    }

    /// <summary>Carries out what is posted until something has happened. Can be called again: what was posted in between is done first.</summary>
    /// <param name="happened">What is waited for.</param>
    /// <param name="stop">Cancelled when an action throws; <paramref name="happened"/> must end on it.</param>
    public void RunUntil(Task happened, CancellationTokenSource stop)
    {
        // Each wait ends with a mark of its own, behind all that was posted before it.
        bool reached = false;
        Action end = () => reached = true;
        _ = happened.ContinueWith(_ => Post(end), TaskScheduler.Default);
        ExceptionDispatchInfo? failure = null;
        while (!reached)
        {
            Action action = _actions.Take();
            try
            {
                // The mark is no write: it has to be seen after a failure too.
                if (failure is null || ReferenceEquals(action, end))
                {
                    action();
                }
            }
            catch (Exception exception)
            {
                // "Select-Object -First" and Ctrl+C end a pipeline this way. The work has to end before it goes on.
                failure = ExceptionDispatchInfo.Capture(exception);
                stop.Cancel();
            }
        }

        try
        {
            happened.GetAwaiter().GetResult();
        }
        catch (Exception) when (failure is not null)
        {
            // The consequence of the failure that is thrown next.
        }

        failure?.Throw();
    }

    /// <summary>Ends the pump: what <see cref="Finally"/> asked for is done, and nothing more is taken.</summary>
    public void Complete()
    {
        _actions.CompleteAdding();
        Interlocked.Exchange(ref _last, null)?.Invoke();
    }
}
