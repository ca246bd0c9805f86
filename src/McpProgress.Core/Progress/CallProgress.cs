using McpProgress.Core.Events;

namespace McpProgress.Core.Progress;

/// <summary>The progress of one call: applies updates in the order the connection reads them.</summary>
/// <param name="token">Names the call on its connection.</param>
/// <param name="time">The clock of timestamps and of idleness.</param>
/// <param name="observer">Sees every update.</param>
/// <param name="events">Publishes every update.</param>
/// <param name="observerFailed">Gets what the observer throws, which must not end the connection's reader.</param>
internal sealed class CallProgress(
    long token, TimeProvider time, IProgressObserver? observer, EventScope? events = null, Action<Exception>? observerFailed = null)
{
    private readonly object _lock = new();
    private bool _closed;
    private long _sequence;
    private long _lastActivity = time.GetTimestamp();

    /// <summary>The token that names this call on its connection.</summary>
    public long Token { get; } = token;

    /// <summary>Publishes what happens to the call; null publishes nothing.</summary>
    public EventScope? Events => events;

    /// <summary>Whether the server's last word was a question (<c>input_required</c>) that was not answered yet.</summary>
    public bool IsAsked { get; set; }

    /// <summary>How many updates were applied.</summary>
    public long Count => Interlocked.Read(ref _sequence);

    /// <summary>How long ago the call last showed life.</summary>
    public TimeSpan Idle => time.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    /// <summary>Notes a sign of life that is no update.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastActivity, time.GetTimestamp());

    /// <summary>Ends it. Cancelled in the middle of an update, a call ends when that update has been seen.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    /// <summary>Applies one update. Only the connection's reader calls this, so updates cannot overtake each other.</summary>
    /// <returns>False: the call has ended.</returns>
    public bool Apply(double progress, double? total, string? message)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            Tell(progress, total, message);
            return true;
        }
    }

    private void Tell(double progress, double? total, string? message)
    {
        Touch();
        long sequence = Interlocked.Increment(ref _sequence);

        // Total 0 (and nonsense below it) means unknown, as an absent one does.
        double? known = total is { } value && double.IsFinite(value) && value > 0 ? value : null;
        var update = new ProgressUpdate(sequence, progress, known, message, time.GetUtcNow());
        try
        {
            observer?.OnProgress(update);
        }
        catch (Exception exception)
        {
            observerFailed?.Invoke(exception);
        }

        events?.PublishProgress(update);
    }
}
