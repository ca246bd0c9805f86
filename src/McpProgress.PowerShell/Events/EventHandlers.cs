using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading.Channels;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Events;

/// <summary>
/// Brings the events of one runspace to its subscribers. The thread that publishes only puts an event into a bounded queue;
/// a task of its own hands it on in order: to the engine's own event queue, and to the handlers. These run on the pipeline
/// thread, also while a cmdlet of this module waits there, in the order of the events and one at a time.
/// </summary>
internal sealed class EventHandlers
{
    /// <summary>What the engine's names of our events begin with.</summary>
    public const string EnginePrefix = "Mcp.";

    private const int MostWaiting = 131_072;

    /// <summary>How old the knowledge may be of who listens to the engine's own names. Asking for every event would cost more than the event.</summary>
    private const int ListenersKnownForMs = 20;

    private static readonly HashSet<string> NobodyListens = [];

    /// <summary>How long a cmdlet waits at its end for handlers to catch up with what it caused.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(2);

    private readonly EventHub _hub;
    private readonly PSEventManager _engine;
    private readonly object _lock = new();
    private readonly Channel<ConnectionEvent> _taken = Channel.CreateBounded<ConnectionEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly ConcurrentQueue<(McpEventSubscription Subscription, ConnectionEvent Event)> _due = new();
    private readonly ConcurrentQueue<string> _warnings = new();
    private readonly Stack<(PipelinePump Pump, Action<string> Warn)> _cmdlets = new();
    private volatile McpEventSubscription[] _subscriptions = [];
    private volatile HashSet<string> _listened = NobodyListens;
    private long _listenedAt = long.MinValue;
    private bool _started;
    private long _lastTaken;
    private long _lastHanded;
    private long _missed;
    private int _rung;
    private bool _isHandling;
    private bool _handledMore;

    public EventHandlers(EventHub hub, Runspace runspace)
    {
        _hub = hub;
        _engine = runspace.Events;
        hub.ObserverFailed += exception => Warn($"Something that watches the events failed: {exception.Message}");
        hub.Subscribe(Take);
    }

    /// <summary>Adds a subscriber.</summary>
    public void Add(McpEventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }
    }

    /// <summary>Removes a subscriber, which the engine has forgotten.</summary>
    public void Remove(McpEventSubscription subscription)
    {
        subscription.End();
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(known => known != subscription)];
        }

        // It may have been the one that was to be rung.
        RingAgain();
    }

    /// <summary>Ends all subscribers, as the module goes.</summary>
    public void Close()
    {
        foreach (McpEventSubscription subscription in _subscriptions)
        {
            subscription.Unregister();
        }
    }

    /// <summary>Has a warning written when a cmdlet of ours next holds the pipeline thread.</summary>
    public void Warn(string message) => _warnings.Enqueue(message);

    /// <summary>Has a warning written at once where a cmdlet of ours holds the pipeline thread, else when the next one does.</summary>
    public void WarnNow(string message)
    {
        (PipelinePump? Pump, Action<string> Warn) cmdlet;
        lock (_lock)
        {
            _cmdlets.TryPeek(out cmdlet!);
        }

        if (cmdlet.Pump?.Post(() => cmdlet.Warn(message)) != true)
        {
            Warn(message);
        }
    }

    /// <summary>Says that a cmdlet of ours holds the pipeline thread: handlers run through its pump.</summary>
    /// <param name="pump">What carries actions to the pipeline thread.</param>
    /// <param name="warn">Writes a warning of the cmdlet there.</param>
    public void Enter(PipelinePump pump, Action<string> warn)
    {
        lock (_lock)
        {
            _cmdlets.Push((pump, warn));
        }

        // The engine may have been asked for a moment: while the cmdlet runs it has none.
        RingAgain();
    }

    /// <summary>Says that it lets go. What it caused has been handled when this returns, within limits.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _cmdlets.Pop();
        }

        Settle();
    }

    /// <summary>
    /// Runs the handlers of all that has happened so far, and of what they cause, within limits. Pipeline thread only.
    /// </summary>
    public void Settle()
    {
        if (_isHandling)
        {
            // A handler has called a cmdlet of ours. Handlers do not interrupt each other: what it caused comes after it.
            _handledMore = true;
            return;
        }

        long started = Stopwatch.GetTimestamp();
        do
        {
            _handledMore = false;
            long until = Interlocked.Read(ref _lastTaken);
            SpinWait.SpinUntil(() => Interlocked.Read(ref _lastHanded) >= until, SettleLimit);
            HandleUntil(until);
        }
        while (_handledMore && Stopwatch.GetElapsedTime(started) < SettleLimit);

        while (_warnings.TryDequeue(out string? warning))
        {
            McpEventSubscription.Warn(warning);
        }
    }

    // Runs under the hub's lock, on whatever thread publishes.
    private void Take(in ConnectionEvent happened)
    {
        if (!IsWanted(happened) && !IsListened(happened.Name))
        {
            return;
        }

        if (!_taken.Writer.TryWrite(happened))
        {
            Interlocked.Increment(ref _missed);
            return;
        }

        Interlocked.Exchange(ref _lastTaken, happened.Sequence);
        if (!_started)
        {
            _started = true;
            _ = Task.Run(HandOnAsync);
        }
    }

    private bool IsWanted(in ConnectionEvent happened)
    {
        foreach (McpEventSubscription subscription in _subscriptions)
        {
            if (subscription.Wants(happened))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsListened(string name)
    {
        long now = Environment.TickCount64;
        if (name != EventNames.Progress || now - _listenedAt > ListenersKnownForMs)
        {
            _listenedAt = now;
            _listened = ReadListened();
        }

        return _listened.Count > 0 && _listened.Contains(EnginePrefix + name);
    }

    private HashSet<string> ReadListened()
    {
        HashSet<string>? listened = null;
        foreach (PSEventSubscriber subscriber in _engine.Subscribers)
        {
            if (subscriber.SourceIdentifier?.StartsWith(EnginePrefix, StringComparison.OrdinalIgnoreCase) == true)
            {
                (listened ??= new(StringComparer.OrdinalIgnoreCase)).Add(subscriber.SourceIdentifier);
            }
        }

        return listened ?? NobodyListens;
    }

    private async Task HandOnAsync()
    {
        await foreach (ConnectionEvent happened in _taken.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                HandOn(happened);
            }
            catch (Exception exception)
            {
                // The engine refuses events when its runspace is going. The next one may still be taken.
                Warn($"The event {happened.Sequence} ({happened.Name}) could not be handed on: {exception.Message}");
            }

            Interlocked.Exchange(ref _lastHanded, happened.Sequence);
        }
    }

    private void HandOn(in ConnectionEvent happened)
    {
        McpEvent? shown = null;
        foreach (McpEventSubscription subscription in _subscriptions)
        {
            if (!subscription.Wants(happened))
            {
                continue;
            }

            if (!subscription.HasAction)
            {
                subscription.Queue(shown ??= new McpEvent(EventLogLine.From(_hub, happened)));
            }
            else if (subscription.TryReserve())
            {
                _due.Enqueue((subscription, happened));
                Ring();
            }
        }

        if (IsListened(happened.Name))
        {
            shown ??= new McpEvent(EventLogLine.From(_hub, happened));
            _engine.GenerateEvent(EnginePrefix + happened.Name, null, [shown], PSObject.AsPSObject(shown), true, false);
        }

        if (Interlocked.Exchange(ref _missed, 0) is > 0 and var missed)
        {
            Warn($"{missed} events came faster than they could be handed to their subscribers, who missed them.");
        }
    }

    /// <summary>Asks, once, for the pipeline thread: of the cmdlet of ours that holds it, or of the engine, which finds a moment for it.</summary>
    private void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) != 0)
        {
            return;
        }

        (PipelinePump? Pump, Action<string> Warn) cmdlet;
        lock (_lock)
        {
            _cmdlets.TryPeek(out cmdlet!);
        }

        if (cmdlet.Pump?.Post(Handle) != true && _subscriptions.FirstOrDefault(subscription => subscription.HasAction) is { } bell)
        {
            Action handle = Handle;
            _engine.GenerateEvent(bell.SourceIdentifier, null, [handle], null);
        }
    }

    private void RingAgain()
    {
        Volatile.Write(ref _rung, 0);
        if (!_due.IsEmpty)
        {
            Ring();
        }
    }

    // Not beyond what has happened by now: where events come faster than they are handled, others get their turn too.
    private void Handle() => HandleUntil(_hub.LastSequence);

    private void HandleUntil(long until)
    {
        if (_isHandling)
        {
            return;
        }

        _isHandling = true;
        try
        {
            while (_due.TryPeek(out (McpEventSubscription Subscription, ConnectionEvent Event) next) && next.Event.Sequence <= until && _due.TryDequeue(out next))
            {
                next.Subscription.Release();
                next.Subscription.Run(_hub, next.Event);
            }

            foreach (McpEventSubscription subscription in _subscriptions)
            {
                if (subscription.TakeMissed() is > 0 and var missed)
                {
                    McpEventSubscription.Warn($"The event handler '{subscription.SourceIdentifier}' was too slow: it missed {missed} events.");
                }
            }
        }
        finally
        {
            _isHandling = false;
            RingAgain();
        }
    }
}
