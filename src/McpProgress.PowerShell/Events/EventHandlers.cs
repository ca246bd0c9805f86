using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading.Channels;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Events;

/// <summary>
/// Brings the events of one runspace to its subscribers. The thread that publishes only puts an event into a bounded queue;
/// a task of its own hands it on in order: to script blocks, which run on the pipeline thread, also while a cmdlet of
/// this module waits there; and to the engine's own event queue.
/// </summary>
internal sealed class EventHandlers
{
    private const int MostWaiting = 131_072;
    private const string EnginePrefix = "Mcp.";

    /// <summary>How long a cmdlet waits at its end for handlers to catch up with what it caused.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(2);

    /// <summary>How old the knowledge may be of who listens to the engine's own names. Asking for every event would cost more than the event.</summary>
    private const int ListenersKnownForMs = 20;

    private readonly EventHub _hub;
    private readonly PSEventManager _engine;
    private readonly object _lock = new();
    private readonly Channel<ConnectionEvent> _waiting = Channel.CreateBounded<ConnectionEvent>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Stack<PipelinePump> _pumps = new();
    private McpEventSubscription[] _subscriptions = [];
    private HashSet<string> _listened = new(StringComparer.OrdinalIgnoreCase);
    private long _listenedAt = long.MinValue;
    private bool _started;
    private long _missed;
    private long _handed;

    public EventHandlers(EventHub hub, Runspace runspace)
    {
        _hub = hub;
        _engine = runspace.Events;
        hub.Subscribe(Take);
    }

    /// <summary>Adds a subscriber; the first one starts the work.</summary>
    public void Add(McpEventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }
    }

    /// <summary>Removes a subscriber.</summary>
    public void Remove(McpEventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(known => known != subscription)];
        }
    }

    /// <summary>Says that a cmdlet of ours holds the pipeline thread: handlers run through its pump.</summary>
    public void Enter(PipelinePump pump)
    {
        lock (_lock)
        {
            _pumps.Push(pump);
        }
    }

    /// <summary>Says that it lets go. What it caused has been handled when this returns, within limits.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _pumps.Pop();
        }

        Settle();
    }

    /// <summary>Runs the handlers of all that has happened so far, within limits. Pipeline thread only.</summary>
    public void Settle()
    {
        if (_subscriptions.Length == 0 || McpEventSubscription.IsHandling)
        {
            return;
        }

        long until = _hub.LastSequence;
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (Interlocked.Read(ref _handed) < until && System.Diagnostics.Stopwatch.GetElapsedTime(started) < SettleLimit)
        {
            Thread.Sleep(1);
        }

        foreach (McpEventSubscription subscription in _subscriptions)
        {
            subscription.Handle();
        }
    }

    // Runs under the hub's lock, on whatever thread publishes.
    private void Take(in ConnectionEvent happened)
    {
        if (_subscriptions.Length == 0 && !IsListened(happened.Name))
        {
            Interlocked.Exchange(ref _handed, happened.Sequence);
            return;
        }

        if (_waiting.Reader.Count >= MostWaiting || !_waiting.Writer.TryWrite(happened))
        {
            Interlocked.Increment(ref _missed);
            return;
        }

        if (!_started)
        {
            _started = true;
            _ = Task.Run(HandOnAsync);
        }
    }

    private bool IsListened(string name)
    {
        long now = Environment.TickCount64;
        if (name != EventNames.Progress || now - _listenedAt > ListenersKnownForMs)
        {
            _listenedAt = now;
            _listened = new HashSet<string>(
                _engine.Subscribers.Select(subscriber => subscriber.SourceIdentifier).Where(identifier => identifier?.StartsWith(EnginePrefix, StringComparison.OrdinalIgnoreCase) == true),
                StringComparer.OrdinalIgnoreCase);
        }

        return _listened.Count > 0 && _listened.Contains(EnginePrefix + name);
    }

    private async Task HandOnAsync()
    {
        await foreach (ConnectionEvent happened in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            HandOn(happened);
            Interlocked.Exchange(ref _handed, happened.Sequence);
        }
    }

    private void HandOn(in ConnectionEvent happened)
    {
        McpEvent? shown = null;
        long missed = Interlocked.Exchange(ref _missed, 0);
        foreach (McpEventSubscription subscription in _subscriptions)
        {
            if (missed > 0)
            {
                subscription.Missed(missed);
            }

            if (!subscription.Filter.Selects(happened))
            {
                continue;
            }

            shown ??= new McpEvent(EventLogLine.From(_hub, happened));
            if (subscription.HasAction)
            {
                if (subscription.Enqueue(shown, happened.Sequence))
                {
                    Ring(subscription);
                }
            }
            else
            {
                subscription.Queue(_engine, shown);
            }
        }

        if (IsListened(happened.Name))
        {
            shown ??= new McpEvent(EventLogLine.From(_hub, happened));
            _engine.GenerateEvent(EnginePrefix + happened.Name, null, [shown], PSObject.AsPSObject(shown), true, false);
        }
    }

    private void Ring(McpEventSubscription subscription)
    {
        PipelinePump? pump;
        lock (_lock)
        {
            pump = _pumps.Count > 0 ? _pumps.Peek() : null;
        }

        if (pump is null || !pump.Post(subscription.Handle))
        {
            _engine.GenerateEvent(subscription.SourceIdentifier, null, [subscription], null);
        }
    }
}
