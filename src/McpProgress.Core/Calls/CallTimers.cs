using McpProgress.Core.Progress;

namespace McpProgress.Core.Calls;

/// <summary>Why a call ended before its result.</summary>
internal enum CallEnd
{
    /// <summary>It did not: the result came, or the connection went.</summary>
    None,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>Nothing was heard for the idle timeout.</summary>
    IdleTimeout,

    /// <summary>The hard cap was reached.</summary>
    Timeout,

    /// <summary>The connection has ended, and nobody else will end the call.</summary>
    Lost,
}

/// <summary>
/// The two timers of a call: one that progress restarts, and a cap that fires even when progress keeps coming
/// (specification, basic/lifecycle, timeouts: a timeout may reset on progress, a maximum should always apply).
/// </summary>
internal sealed class CallTimers : IDisposable
{
    private readonly CallProgress _progress;
    private readonly TimeSpan _idleTimeout;
    private readonly ITimer? _idleTimer;
    private readonly ITimer? _capTimer;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenRegistration _caller;
    private int _end;

    /// <summary>Starts both timers.</summary>
    public CallTimers(CallProgress progress, TimeSpan idleTimeout, TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        _progress = progress;
        _idleTimeout = idleTimeout;
        if (idleTimeout > TimeSpan.Zero)
        {
            // Started only once the field is set: a short timer may fire before this line is through.
            _idleTimer = time.CreateTimer(static state => ((CallTimers)state!).CheckIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _idleTimer.Change(idleTimeout, Timeout.InfiniteTimeSpan);
        }

        if (timeout > TimeSpan.Zero)
        {
            _capTimer = time.CreateTimer(static state => ((CallTimers)state!).Finish(CallEnd.Timeout), this, timeout, Timeout.InfiniteTimeSpan);
        }

        _caller = caller.UnsafeRegister(static state => ((CallTimers)state!).Finish(CallEnd.Cancelled), this);
    }

    /// <summary>Fires when the call is to end early.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why it fired.</summary>
    public CallEnd End => (CallEnd)Volatile.Read(ref _end);

    /// <inheritdoc/>
    public void Dispose()
    {
        _caller.Dispose();
        _idleTimer?.Dispose();
        _capTimer?.Dispose();

        // Not disposing the source: a timer that is firing right now may still use it, and it holds nothing.
    }

    // Progress does not touch the timer, which would cost more than the update: the timer looks when it fires.
    private void CheckIdle()
    {
        TimeSpan left = _idleTimeout - _progress.Idle;
        if (left > TimeSpan.Zero)
        {
            _idleTimer!.Change(left, Timeout.InfiniteTimeSpan);
        }
        else
        {
            Finish(CallEnd.IdleTimeout);
        }
    }

    /// <summary>Ends the call early, unless it has ended.</summary>
    public void Finish(CallEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, (int)CallEnd.None) == (int)CallEnd.None)
        {
            _ended.Cancel();
        }
    }
}
