using System.Collections.Concurrent;
using McpProgress.Core.Progress;
using McpProgress.PowerShell.Progress;

namespace McpProgress.PowerShell.Pipeline;

/// <summary>
/// Calls that run side by side. What each of them has to write is written on the pipeline thread, in the order in which they
/// were started or in which they end.
/// </summary>
internal sealed class CallGroup(PipelinePump pump, ParentRow parent, int limit, bool unordered, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>More rows than a screen has would push each other away: the others show in the count above.</summary>
    private const int MostRows = 8;

    /// <summary>Results that wait for a slow call before them must not fill the memory.</summary>
    private const int MostUnwritten = 1000;

    private readonly SemaphoreSlim _room = new(limit);
    private readonly LinkedList<Call> _calls = new();
    private readonly HashSet<Task> _running = [];
    private readonly ConcurrentDictionary<ProgressRow, bool> _rows = new();
    private ProgressPacer? _pacer;
    private long _changes;
    private int _started;
    private int _ended;
    private int _rowCount;
    private bool _isAll;

    /// <summary>Completes when the next call may start.</summary>
    public async Task RoomAsync()
    {
        while (_calls.Count >= MostUnwritten && _calls.First is { } oldest)
        {
            await oldest.Value.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a call, for which there must be room. Pipeline thread only.</summary>
    /// <param name="run">Makes the call; returns what writes its outcome.</param>
    public void Start(Func<Task<Action>> run)
    {
        var call = new Call();
        _calls.AddLast(call);
        _started++;
        Task running = Task.Run(async () =>
        {
            try
            {
                call.Write = await run().ConfigureAwait(false);
            }
            finally
            {
                call.SetEnded();
                _room.Release();
                pump.Post(Write);
            }
        });
        _running.Add(running);
        _running.RemoveWhere(task => task.IsCompletedSuccessfully);
        Changed();
    }

    /// <summary>Completes when all calls have ended and were written.</summary>
    public Task AllAsync()
    {
        _isAll = true;
        Changed();
        return Task.WhenAll(_running);
    }

    /// <summary>Draws how many of the calls have ended, where that has changed. Pipeline thread only.</summary>
    public void Draw()
    {
        if (_pacer?.TryTake(out ProgressView view) == true)
        {
            parent.Draw(view, _started);
        }
    }

    /// <summary>A row for a call; null while the screen is full.</summary>
    public ProgressRow? OpenRow(ProgressWriter writer, string activity)
    {
        if (Interlocked.Increment(ref _rowCount) > MostRows)
        {
            Interlocked.Decrement(ref _rowCount);
            return null;
        }

        var row = new ProgressRow(writer, pump, activity, parent.ActivityId, milestones: null);
        _rows[row] = true;
        return row;
    }

    /// <summary>Takes a row away once the pipeline thread gets to it.</summary>
    public void CloseRow(ProgressRow row)
    {
        Interlocked.Decrement(ref _rowCount);
        pump.Post(() => Take(row));
    }

    /// <summary>Takes all rows away, however the calls ended. Pipeline thread only.</summary>
    public void CloseRows()
    {
        foreach (ProgressRow row in _rows.Keys)
        {
            Take(row);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pacer?.Dispose();
        _room.Dispose();
    }

    private void Take(ProgressRow row)
    {
        if (_rows.TryRemove(row, out _))
        {
            row.Complete();
            row.Dispose();
        }
    }

    private void Write()
    {
        _ended++;
        for (LinkedListNode<Call>? node = _calls.First; node is not null;)
        {
            LinkedListNode<Call>? next = node.Next;
            if (node.Value.Ended.IsCompleted)
            {
                _calls.Remove(node);
                node.Value.Write?.Invoke();
            }
            else if (!unordered)
            {
                break;
            }

            node = next;
        }

        Changed();
    }

    // Fast calls change it more often than a console can show.
    private void Changed()
    {
        _pacer ??= new ProgressPacer(ProgressPacer.ConsoleInterval, () => pump.Post(Draw));
        _pacer.OnProgress(new ProgressUpdate(++_changes, _ended, _isAll ? _started : null, null, DateTimeOffset.UtcNow));
    }

    private sealed class Call
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public Action? Write { get; set; }

        public void SetEnded() => _ended.TrySetResult();
    }
}
