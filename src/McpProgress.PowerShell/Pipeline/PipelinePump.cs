using System.Diagnostics;
using System.Runtime.ExceptionServices;
using McpProgress.Core.Progress;

namespace McpProgress.PowerShell.Pipeline;

/// <summary>
/// Runs asynchronous work for a cmdlet: the work runs on the thread pool, and what it wants to write is carried
/// to the pipeline thread, the only one that may write. Cancellation reaches the work; the queue is always drained.
/// A plain queue with a monitor: a call passes through here at least once, and this is the cheapest way to wait.
/// </summary>
/// <param name="whenSlow">Carried out if nothing happens for as long as people notice; null for nothing.</param>
internal sealed class PipelinePump(Action? whenSlow = null)
{
    /// <summary>Work that is silent for longer than this is slow: people look at what it does.</summary>
    private static readonly TimeSpan SlowAfter = ProgressPacer.ConsoleInterval;

    /// <summary>
    /// Most tools that answer at once do so within this time. A thread that sleeps, and a processor that falls asleep with it,
    /// take as long to wake.
    /// </summary>
    private static readonly TimeSpan AwakeFor = Environment.ProcessorCount > 1 ? TimeSpan.FromMicroseconds(200) : TimeSpan.Zero;

    private readonly Queue<Action> _actions = new();
    private Action? _whenSlow = whenSlow;
    private Action? _last;
    private bool _completed;
    private volatile bool _hasActions;
    private bool _isBusy;

    /// <summary>Asks for an action on the pipeline thread. Ignored once the pump has completed: nobody draws what comes after.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool Post(Action action)
    {
        lock (_actions)
        {
            if (_completed)
            {
                return false;
            }

            Add(action);
            return true;
        }
    }

    /// <summary>
    /// Runs what the work does next on the pipeline thread, which waits for it or is about to: its one waking then serves
    /// both. Refused while the thread carries out something else, such as a handler of the user's that may itself wait for the work.
    /// </summary>
    public bool TryResume(Action next)
    {
        lock (_actions)
        {
            if (_isBusy || _completed || _actions.Count > 0)
            {
                return false;
            }

            Add(next);
            return true;
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
            RunUntil(work(), stop);
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
        _ = happened.ContinueWith(
            static (_, queue) =>
            {
                lock (queue!)
                {
                    Monitor.Pulse(queue);
                }
            },
            _actions,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        ExceptionDispatchInfo? failure = null;
        while (Next(happened, mayResume: failure is null) is { } action)
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
        lock (_actions)
        {
            _completed = true;
        }

        Interlocked.Exchange(ref _last, null)?.Invoke();
    }

    /// <summary>The next action; null once it has happened and all before it is done.</summary>
    private Action? Next(Task happened, bool mayResume)
    {
        lock (_actions)
        {
            _isBusy = !mayResume;
        }

        long started = Stopwatch.GetTimestamp();
        while (!_hasActions && !happened.IsCompleted && Stopwatch.GetElapsedTime(started) < AwakeFor)
        {
            Thread.Yield();
        }

        lock (_actions)
        {
            while (_actions.Count == 0)
            {
                if (happened.IsCompleted)
                {
                    _isBusy = true;
                    return null;
                }

                if (_whenSlow is null)
                {
                    Monitor.Wait(_actions);
                }
                else if (!Monitor.Wait(_actions, SlowAfter))
                {
                    Add(_whenSlow);
                    _whenSlow = null;
                }
            }

            _isBusy = true;
            Action next = _actions.Dequeue();
            _hasActions = _actions.Count > 0;
            return next;
        }
    }

    // Under the lock.
    private void Add(Action action)
    {
        _actions.Enqueue(action);
        _hasActions = true;
        Monitor.Pulse(_actions);
    }
}
