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

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly object _lock = new();
    private readonly ConnectionEvent[] _ring = new ConnectionEvent[capacity];
    private EventObserver[] _observers = [];
    private long _lastSequence;

    /// <summary>Distinguishes this stream from those of other processes and runspaces in a common log.</summary>
    public string Prefix { get; } = Guid.NewGuid().ToString("N")[..10];

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

    /// <summary>Adds an observer, until disposed.</summary>
    public IDisposable Subscribe(EventObserver observer)
    {
        lock (_lock)
        {
            _observers = [.. _observers, observer];
        }

        return new Subscription(this, observer);
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
                events[index] = _ring[(int)((_lastSequence - count + index) % capacity)];
            }

            return events;
        }
    }

    // Observers are called under the lock: that, and nothing else, makes the order the same for all of them.
    private ConnectionEvent Publish(in ConnectionEvent happened)
    {
        lock (_lock)
        {
            long sequence = ++_lastSequence;
            ref ConnectionEvent slot = ref _ring[(int)((sequence - 1) % capacity)];
            slot = happened with { Sequence = sequence };
            foreach (EventObserver observer in _observers)
            {
                observer(in slot);
            }

            return slot;
        }
    }

    private void Unsubscribe(EventObserver observer)
    {
        lock (_lock)
        {
            _observers = [.. _observers.Where(known => known != observer)];
        }
    }

    private sealed class Subscription(EventHub hub, EventObserver observer) : IDisposable
    {
        public void Dispose() => hub.Unsubscribe(observer);
    }
}
