using McpProgress.Server.Tools;

namespace McpProgress.Server.Progress;

/// <summary>
/// The progress of one call on its way to the wire: in order, at most so many a second, the newest kept while waiting,
/// the last always sent before the result and none after it. Both revisions of the protocol ask the sender to limit
/// its rate and to stop with the call.
/// </summary>
internal sealed class ProgressReporter : IDisposable
{
    private readonly Func<ProgressUpdate, ValueTask> _send;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly CancellationToken _cancelled;
    private readonly SemaphoreSlim _wire = new(1, 1);
    private readonly object _gate = new();
    private ITimer? _timer;
    private ProgressUpdate? _pending;
    private long _sentAt;
    private bool _sentAny;
    private bool _timerSet;
    private bool _closed;

    /// <summary>Makes the reporter of one call.</summary>
    /// <param name="send">Puts one update on the wire; called one at a time; must not throw.</param>
    /// <param name="maxPerSecond">How many updates a second at most; 0 sends every one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancelled">Cancelled with the call; nothing is sent from then on.</param>
    public ProgressReporter(Func<ProgressUpdate, ValueTask> send, double maxPerSecond, TimeProvider time, CancellationToken cancelled)
    {
        _send = send;
        _time = time;
        _interval = maxPerSecond > 0 ? TimeSpan.FromSeconds(1 / maxPerSecond) : TimeSpan.Zero;
        _cancelled = cancelled;
    }

    /// <summary>Sends the update now if its turn has come, and otherwise keeps it until then or until a newer one.</summary>
    public ValueTask ReportAsync(ProgressUpdate update)
    {
        if (_interval == TimeSpan.Zero)
        {
            return SendEachAsync(update);
        }

        lock (_gate)
        {
            if (_closed)
            {
                return default;
            }

            _pending = update;
            var wait = _sentAny ? _interval - _time.GetElapsedTime(_sentAt) : TimeSpan.Zero;
            if (wait > TimeSpan.Zero)
            {
                if (!_timerSet)
                {
                    _timerSet = true;
                    _timer ??= _time.CreateTimer(static state => ((ProgressReporter)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _timer.Change(wait, Timeout.InfiniteTimeSpan);
                }

                return default;
            }

            _sentAny = true;
            _sentAt = _time.GetTimestamp();
        }

        return SendPendingAsync();
    }

    /// <summary>Sends what is still waiting and takes no more. The result may follow.</summary>
    public async ValueTask CompleteAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        await SendPendingAsync().ConfigureAwait(false);
    }

    /// <summary>Drops what is still waiting and takes no more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _pending = null;
            _timer?.Dispose();
        }
    }

    private async ValueTask SendEachAsync(ProgressUpdate update)
    {
        await _wire.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!Volatile.Read(ref _closed) && !_cancelled.IsCancellationRequested)
            {
                await _send(update).ConfigureAwait(false);
            }
        }
        finally
        {
            _wire.Release();
        }
    }

    // The pending update is taken only once the wire is free: whoever waited longest sends the newest.
    private async ValueTask SendPendingAsync()
    {
        await _wire.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            ProgressUpdate? update;
            lock (_gate)
            {
                update = _pending;
                _pending = null;
            }

            if (update is { } u && !_cancelled.IsCancellationRequested)
            {
                await _send(u).ConfigureAwait(false);
            }
        }
        finally
        {
            _wire.Release();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerSet = false;
            if (_closed || _pending is null)
            {
                return;
            }

            _sentAt = _time.GetTimestamp();
        }

        // Sending never throws (see the constructor), so there is nothing to observe.
        _ = SendPendingAsync().AsTask();
    }
}
