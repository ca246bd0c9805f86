using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// The runspaces of one server, at most so many at work at once. Each call has one to itself; it serves another call only
/// when nothing of the last one is left in it, and gives way to a fresh one otherwise.
/// </summary>
/// <param name="recipe">How one is made.</param>
/// <param name="first">One that is ready.</param>
/// <param name="maxConcurrency">How many may be at work at once.</param>
/// <param name="ownsProcess">Whether the process serves and does nothing else, so that its environment may be put back after calls.</param>
/// <param name="logger">The server's log.</param>
internal sealed partial class CommandRunspaces(RunspaceRecipe recipe, CommandRunspace first, int maxConcurrency, bool ownsProcess, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _places = new(maxConcurrency, maxConcurrency);
    private readonly ConcurrentBag<CommandRunspace> _ready = [first];
    private readonly ProcessEnvironment? _environment = ownsProcess ? new() : null;
    private int _atWork;
    private int _abandoned;
    private int _preparing;
    private volatile bool _closed;

    /// <summary>Commands that did not stop, were left to themselves, and still run.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>Waits for a place and takes a runspace.</summary>
    public async Task<CommandRunspace> TakeAsync(CancellationToken cancelled)
    {
        await _places.WaitAsync(cancelled).ConfigureAwait(false);
        try
        {
            if (!_ready.TryTake(out var runspace))
            {
                runspace = await Task.Run(() => CommandRunspace.Create(recipe), cancelled).ConfigureAwait(false);
                if (cancelled.IsCancellationRequested)
                {
                    // It took a while, and the command must not begin any more: another call has it.
                    Keep(runspace);
                    cancelled.ThrowIfCancellationRequested();
                }
            }

            Prepare();
            Interlocked.Increment(ref _atWork);
            return runspace;
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>Takes a runspace back after its call. It is looked at in the background: the caller has its answer already.</summary>
    public void GiveBack(CommandRunspace runspace, CommandCall call)
    {
        if (Interlocked.Decrement(ref _atWork) == 0)
        {
            // At once: the caller's next call must not find what this one left.
            _environment?.Restore();
        }

        _ = Task.Run(() => LookAt(runspace, call));
    }

    /// <summary>Leaves a runspace to a command that does not stop; it is closed when the command ends after all.</summary>
    public void Abandon(CommandRunspace runspace)
    {
        Interlocked.Increment(ref _abandoned);
        Interlocked.Decrement(ref _atWork);
        _ = Task.Factory.StartNew(() => Close(runspace), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _places.Release();

        void Close(CommandRunspace left)
        {
            left.Dispose();
            Interlocked.Decrement(ref _abandoned);
        }
    }

    /// <summary>Closes what is not at work; the rest is closed as it comes back.</summary>
    public void Dispose()
    {
        _closed = true;
        while (_ready.TryTake(out var runspace))
        {
            runspace.Dispose();
        }
    }

    private void LookAt(CommandRunspace runspace, CommandCall call)
    {
        try
        {
            if (!_closed && runspace.TryReset(call))
            {
                Keep(runspace);
            }
            else
            {
                runspace.Dispose();
                Prepare();
            }
        }
#pragma warning disable CA1031 // Whatever is wrong with a used runspace, a fresh one replaces it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnusable(logger, failure);
            _ = Task.Run(runspace.Dispose);
        }
        finally
        {
            _places.Release();
        }
    }

    private void Keep(CommandRunspace runspace)
    {
        _ready.Add(runspace);
        if (_closed)
        {
            Dispose();
        }
    }

    // One is always made ahead, so that a call seldom waits for it.
    private void Prepare()
    {
        if (_closed || !_ready.IsEmpty || Interlocked.Exchange(ref _preparing, 1) == 1)
        {
            return;
        }

        _ = Task.Run(() =>
        {
            try
            {
                Keep(CommandRunspace.Create(recipe));
            }
#pragma warning disable CA1031 // The call that needs one makes it itself, and tells its caller what is wrong.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (!_closed)
                {
                    LogUnusable(logger, failure);
                }
            }
            finally
            {
                Volatile.Write(ref _preparing, 0);
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A runspace cannot be used.")]
    private static partial void LogUnusable(ILogger logger, Exception failure);
}
