namespace McpProgress.Core.Progress;

/// <summary>What a progress row shows at one moment.</summary>
/// <param name="Update">The latest update.</param>
/// <param name="PercentComplete">0 to 100; −1 while unknown. It never goes back.</param>
/// <param name="SecondsRemaining">Whole seconds; −1 when unknown.</param>
/// <param name="PerSecond">The smoothed rate in the server's unit; null until it is known.</param>
public readonly record struct ProgressView(ProgressUpdate Update, int PercentComplete, int SecondsRemaining, double? PerSecond);

/// <summary>
/// Turns a stream of updates into draw requests: the first at once, then at most one each interval with the newest
/// state, and the last always. Updates coalesce here; at most one draw is outstanding, so a slow console
/// neither slows the reader nor fills a queue.
/// </summary>
public sealed class ProgressPacer : IProgressObserver, IDisposable
{
    /// <summary>The interval of the console, from the design's progress rules.</summary>
    public static readonly TimeSpan ConsoleInterval = TimeSpan.FromMilliseconds(100);

    private readonly object _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly Action _requestDraw;
    private readonly RateEstimator _rate;
    private ITimer? _timer;
    private ProgressUpdate _latest;
    private int _percent = -1;
    private long _drawnSequence;
    private long _drawnAt;
    private bool _requested;
    private bool _disposed;

    /// <summary>Creates a pacer.</summary>
    /// <param name="interval">The least time between two draws.</param>
    /// <param name="requestDraw">Asks for a draw; whoever draws then calls <see cref="TryTake"/>. Must not block.</param>
    /// <param name="time">The clock; null is the system's.</param>
    public ProgressPacer(TimeSpan interval, Action requestDraw, TimeProvider? time = null)
    {
        _interval = interval;
        _requestDraw = requestDraw;
        _time = time ?? TimeProvider.System;
        _rate = new RateEstimator(_time);
    }

    /// <inheritdoc/>
    public void OnProgress(in ProgressUpdate update)
    {
        lock (_lock)
        {
            _latest = update;
            _percent = Math.Max(_percent, update.PercentComplete);
            _rate.Add(update.Progress);
            if (_requested || _disposed)
            {
                return;
            }

            _requested = true;
            TimeSpan wait = _drawnSequence == 0 ? TimeSpan.Zero : _interval - _time.GetElapsedTime(_drawnAt);
            if (wait > TimeSpan.Zero)
            {
                _timer ??= _time.CreateTimer(static state => ((ProgressPacer)state!).Request(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _requestDraw();
    }

    /// <summary>Takes the state to draw; false when there is nothing new.</summary>
    /// <param name="view">What to show.</param>
    public bool TryTake(out ProgressView view)
    {
        lock (_lock)
        {
            _requested = false;
            if (_latest.Sequence == _drawnSequence)
            {
                view = default;
                return false;
            }

            _drawnSequence = _latest.Sequence;
            _drawnAt = _time.GetTimestamp();
            view = new ProgressView(_latest, _percent, _rate.SecondsRemaining(_latest.Progress, _latest.Total), _rate.PerSecond);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        _timer?.Dispose();
    }

    private void Request()
    {
        lock (_lock)
        {
            if (_disposed || !_requested)
            {
                // Somebody has drawn meanwhile, as at the end of a call.
                return;
            }
        }

        _requestDraw();
    }
}
