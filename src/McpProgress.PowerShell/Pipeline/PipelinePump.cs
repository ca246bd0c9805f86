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

    /// <summary>Runs the work to its end while this thread carries out what it posts.</summary>
    /// <param name="work">The work.</param>
    /// <param name="stop">Cancelled when an action throws, as writing does in a stopped pipeline.</param>
    public void Run(Func<Task> work, CancellationTokenSource stop)
    {
        Task running = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                _actions.CompleteAdding();
            }
        });

        ExceptionDispatchInfo? failure = null;
        foreach (Action action in _actions.GetConsumingEnumerable())
        {
            try
            {
                if (failure is null)
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
            running.GetAwaiter().GetResult();
        }
        catch (Exception) when (failure is not null)
        {
            // The consequence of the failure that is thrown next.
        }
        finally
        {
            _last?.Invoke();
        }

        failure?.Throw();
    }
}
