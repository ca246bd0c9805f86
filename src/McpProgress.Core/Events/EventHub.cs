using System.Text.Json.Nodes;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Events;

/// <summary>Sees events in the order of the stream, on the thread that publishes: it must return at once.</summary>
/// <param name="happened">The event.</param>
public delegate void EventObserver(in ConnectionEvent happened);

/// <summary>
/// The one ordered stream of all that happens on the connections of a session. It keeps the newest events in a ring of
/// fixed size, written in place: without observers an event costs a lock and a copy.
/// </summary>
/// <param name="capacity">How many events the ring keeps.</param>
/// <param name="time">The clock of timestamps.</param>
public sealed class EventHub(int capacity = EventHub.DefaultCapacity, TimeProvider? time = null)
{
    /// <summary>How many events are kept by default.</summary>
    public const int DefaultCapacity = 10_000;

    /// <summary>The ring grows up to its capacity: most sessions see few events.</summary>
    private const int InitialRing = 64;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly object _lock = new();
    private ConnectionEvent[] _ring = new ConnectionEvent[Math.Min(capacity, InitialRing)];
    private readonly Queue<ConnectionEvent> _later = new();
    private Subscription[] _subscriptions = [];
    private long _lastSequence;
    private bool _telling;

    /// <summary>
    /// Raised with what an observer threw: the others, and the connection that published, go on. Raised where observers
    /// are told, so handlers must return at once.
    /// </summary>
    public event Action<Exception>? ObserverFailed;

    /// <summary>Distinguishes this stream from those of other processes and runspaces in a common log.</summary>
    public string Prefix { get; } = Guid.NewGuid().ToString("N")[..10];

    /// <summary>How many events the ring keeps.</summary>
    public int Capacity => capacity;

    /// <summary>The sequence of the newest event; 0 before the first.</summary>
    public long LastSequence => Interlocked.Read(ref _lastSequence);

    /// <summary>The id of an event, unique over all streams.</summary>
    public string IdOf(long sequence) => $"{Prefix}-{sequence}";

    /// <summary>Publishes an event.</summary>
    /// <returns>The event with its place in the stream.</returns>
    public ConnectionEvent Publish(string? server, string name, string? callId, string? taskId, long parent, JsonObject? payload) =>
        Publish(new ConnectionEvent(0, _time.GetUtcNow(), server, name, callId, taskId, parent, payload, default));

    /// <summary>Publishes a progress update.</summary>
    internal void PublishProgress(string? server, string? callId, string? taskId, long parent, in ProgressUpdate update) =>
        Publish(new ConnectionEvent(0, update.Timestamp, server, EventNames.Progress, callId, taskId, parent, null, update));

    /// <summary>Adds an observer. Once it is disposed the observer is told nothing more.</summary>
    /// <param name="observer">Is told of every event from now on.</param>
    /// <param name="replay">First tells it of the events in the ring: none is told twice or left out in between.</param>
    public IDisposable Subscribe(EventObserver observer, bool replay = false)
    {
        var subscription = new Subscription(this, observer);
        lock (_lock)
        {
            if (replay)
            {
                foreach (ConnectionEvent happened in Snapshot())
                {
                    Tell(subscription, happened);
                }
            }

            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    /// <summary>The events in the ring, oldest first.</summary>
    public IReadOnlyList<ConnectionEvent> Snapshot()
    {
        lock (_lock)
        {
            int count = (int)Math.Min(_lastSequence, capacity);
            var events = new ConnectionEvent[count];
            for (int index = 0; index < count; index++)
            {
                events[index] = _ring[(int)((_lastSequence - count + index) % _ring.Length)];
            }

            return events;
        }
    }

    // Observers are called under the lock: that, and nothing else, makes the order the same for all of them.
    private ConnectionEvent Publish(in ConnectionEvent happened)
    {
        lock (_lock)
        {
            ConnectionEvent placed = happened with { Sequence = _lastSequence + 1 };
            if (_lastSequence == _ring.Length && _ring.Length < capacity)
            {
                Array.Resize(ref _ring, Math.Min(capacity, 2 * _ring.Length));
            }

            _ring[(int)(_lastSequence % _ring.Length)] = placed;
            Interlocked.Exchange(ref _lastSequence, placed.Sequence);
            if (_telling)
            {
                // An observer publishes: the others are first told what it was told.
                _later.Enqueue(placed);
            }
            else if (_subscriptions.Length > 0)
            {
                TellAll(placed);
            }

            return placed;
        }
    }

    private void TellAll(in ConnectionEvent happened)
    {
        _telling = true;
        ConnectionEvent next = happened;
        do
        {
            foreach (Subscription subscription in _subscriptions)
            {
                Tell(subscription, next);
            }
        }
        while (_later.TryDequeue(out next));
        _telling = false;
    }

    private void Tell(Subscription subscription, in ConnectionEvent happened)
    {
        try
        {
            subscription.Tell(happened);
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    /// <summary>Reports what an observer threw, be it one of this stream or one that stands nearer to the wire.</summary>
    internal void Report(Exception exception)
    {
        try
        {
            ObserverFailed?.Invoke(exception);
        }
        catch (Exception)
        {
            // Whoever was to report the failure failed as well: nobody is left to tell, and the connection must go on.
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(known => known != subscription)];
        }
    }

    private sealed class Subscription(EventHub hub, EventObserver observer) : IDisposable
    {
        private bool _disposed;

        public void Tell(in ConnectionEvent happened)
        {
            // An observer may be removed by the one before it, in the middle of an event.
            if (!_disposed)
            {
                observer(happened);
            }
        }

        public void Dispose()
        {
            lock (hub._lock)
            {
                _disposed = true;
                hub.Remove(this);
            }
        }
    }
}
