using System.Management.Automation;
using McpProgress.Core.Events;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Events;

/// <summary>One subscriber of Register-McpEvent: which events it wants, and what it does with them.</summary>
/// <param name="engine">The engine's events of the runspace.</param>
/// <param name="subscriber">What the engine knows it as.</param>
/// <param name="filter">Which events it wants.</param>
/// <param name="action">The handler; null puts the events into the engine's own queue.</param>
/// <param name="maxTriggerCount">After how many events it ends; 0 never.</param>
/// <param name="since">The newest event when it was made: it gets those after it.</param>
internal sealed class McpEventSubscription(
    PSEventManager engine, PSEventSubscriber subscriber, EventFilter filter, ScriptBlock? action, int maxTriggerCount, long since)
{
    /// <summary>How many events may wait for a handler.</summary>
    private const int MostWaiting = 131_072;

    private static readonly ScriptBlock WriteWarning = ScriptBlock.Create("param($message) Write-Warning $message");

    private readonly object _lock = new();
    private int _left = maxTriggerCount > 0 ? maxTriggerCount : int.MaxValue;
    private int _waiting;
    private long _missed;
    private volatile bool _isOver;

    /// <summary>What the engine's cmdlets know it by.</summary>
    public string SourceIdentifier => subscriber.SourceIdentifier;

    /// <summary>Whether it has a handler of its own.</summary>
    public bool HasAction => action is not null;

    /// <summary>Whether it wants the event.</summary>
    public bool Wants(in ConnectionEvent happened) => !_isOver && happened.Sequence > since && filter.Selects(happened);

    /// <summary>Makes room for an event that waits for the handler; false, and counted, where there is none.</summary>
    public bool TryReserve()
    {
        if (Interlocked.Increment(ref _waiting) <= MostWaiting)
        {
            return true;
        }

        Interlocked.Decrement(ref _waiting);
        Interlocked.Increment(ref _missed);
        return false;
    }

    /// <summary>Gives the room back.</summary>
    public void Release() => Interlocked.Decrement(ref _waiting);

    /// <summary>How many events found no room since the last time this was asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    /// <summary>Puts an event into the engine's own queue, in order, for Get-Event and Wait-Event.</summary>
    public void Queue(McpEvent happened)
    {
        if (TryTrigger(out bool isLast))
        {
            engine.GenerateEvent(SourceIdentifier, null, [happened], PSObject.AsPSObject(happened), true, false);
            EndIf(isLast);
        }
    }

    /// <summary>Runs the handler. Pipeline thread only.</summary>
    public void Run(EventHub hub, in ConnectionEvent happened)
    {
        if (!TryTrigger(out bool isLast))
        {
            return;
        }

        var shown = new McpEvent(EventLogLine.From(hub, happened));
        var variables = new List<PSVariable>
        {
            new("_", shown),
            new("Event", PSObject.AsPSObject(new McpEngineEvent($"Mcp.{shown.Name}", shown))),
            new("EventArgs", shown),
            new("EventSubscriber", subscriber),
        };
        using IDisposable cause = EventCause.Handling(happened.Sequence);
        try
        {
            action!.InvokeWithContext(null, variables, shown);
        }
        catch (Exception exception) when (exception is not PipelineStoppedException)
        {
            // Whatever a handler does, a stray "break" included, must not end the cmdlet in which it happens to run.
            Warn($"The event handler '{SourceIdentifier}' failed: {TerminalText.Clean(exception.Message)}");
        }
        finally
        {
            EndIf(isLast);
        }
    }

    /// <summary>Says that it was unregistered: what still waits for it is not handled.</summary>
    public void End() => _isOver = true;

    /// <summary>Ends it for the engine's cmdlets too.</summary>
    public void Unregister() => engine.UnsubscribeEvent(subscriber);

    /// <summary>Writes a warning where a handler would. Pipeline thread only.</summary>
    public static void Warn(string message) => WriteWarning.Invoke(message);

    private bool TryTrigger(out bool isLast)
    {
        // Get-Event's subscribers are served by one thread, handlers by another.
        lock (_lock)
        {
            isLast = _left == 1;
            return !_isOver && _left > 0 && _left-- > 0;
        }
    }

    private void EndIf(bool isLast)
    {
        if (isLast)
        {
            End();
            Unregister();
        }
    }
}

/// <summary>What a handler finds in <c>$Event</c>, in the form that the engine's own handlers know.</summary>
/// <param name="SourceIdentifier">The event's name with <c>Mcp.</c> in front.</param>
/// <param name="MessageData">The event.</param>
public sealed record McpEngineEvent(string SourceIdentifier, McpEvent MessageData)
{
    /// <summary>The event, as the only argument.</summary>
    public object[] SourceArgs => [MessageData];

    /// <summary>When it happened.</summary>
    public DateTime TimeGenerated => MessageData.Timestamp.LocalDateTime;
}
