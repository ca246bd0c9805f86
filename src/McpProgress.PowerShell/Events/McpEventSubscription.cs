using System.Collections.Concurrent;
using System.ComponentModel;
using System.Management.Automation;
using McpProgress.Core.Events;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Events;

/// <summary>One subscriber of Register-McpEvent. The engine rings <see cref="Handle"/> from a script block, hence the public type.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class McpEventSubscription
{
    private const int MostWaiting = 100_000;

    private static readonly ScriptBlock Warn = ScriptBlock.Create("param($message) Write-Warning $message");

    [ThreadStatic]
    private static bool _isHandling;

    private readonly ConcurrentQueue<(McpEvent Event, long Sequence)> _waiting = new();
    private readonly ScriptBlock? _action;
    private int _left;
    private int _rung;
    private long _missed;

    internal McpEventSubscription(string sourceIdentifier, EventFilter filter, ScriptBlock? action, int maxTriggerCount)
    {
        SourceIdentifier = sourceIdentifier;
        Filter = filter;
        _action = action;
        _left = maxTriggerCount > 0 ? maxTriggerCount : int.MaxValue;
    }

    /// <summary>What the engine knows it by.</summary>
    public string SourceIdentifier { get; }

    /// <summary>Whether a handler runs on this thread right now: handlers do not interrupt each other.</summary>
    internal static bool IsHandling => _isHandling;

    internal EventFilter Filter { get; }

    internal bool HasAction => _action is not null;

    /// <summary>Ends the subscription; set when it is registered.</summary>
    internal Action? Unregister { get; set; }

    /// <summary>Runs the handler for all that waits. Pipeline thread only.</summary>
    public void Handle()
    {
        if (_isHandling)
        {
            return;
        }

        _isHandling = true;
        try
        {
            Volatile.Write(ref _rung, 0);
            while (_left > 0 && _waiting.TryDequeue(out (McpEvent Event, long Sequence) next))
            {
                _left--;
                Run(next.Event, next.Sequence);
            }

            long missed = Interlocked.Exchange(ref _missed, 0);
            if (missed > 0)
            {
                Warn.Invoke($"The event handler '{SourceIdentifier}' was too slow and missed {missed} events.");
            }
        }
        finally
        {
            _isHandling = false;
        }

        if (_left <= 0)
        {
            Unregister?.Invoke();
        }
    }

    /// <summary>Puts an event in the queue; true when somebody has to be told.</summary>
    internal bool Enqueue(McpEvent happened, long sequence)
    {
        if (_waiting.Count >= MostWaiting)
        {
            Missed(1);
            return false;
        }

        _waiting.Enqueue((happened, sequence));
        return Interlocked.Exchange(ref _rung, 1) == 0;
    }

    /// <summary>Puts an event into the engine's own queue, in order, for Get-Event and Wait-Event.</summary>
    internal void Queue(PSEventManager engine, McpEvent happened)
    {
        if (_left <= 0)
        {
            return;
        }

        _left--;
        engine.GenerateEvent(SourceIdentifier, null, [happened], PSObject.AsPSObject(happened), true, false);
        if (_left <= 0)
        {
            Unregister?.Invoke();
        }
    }

    internal void Missed(long count) => Interlocked.Add(ref _missed, count);

    private void Run(McpEvent happened, long sequence)
    {
        var context = new List<PSVariable>
        {
            new("_", happened),
            new("Event", PSObject.AsPSObject(new McpEngineEvent($"Mcp.{happened.Name}", happened))),
            new("EventArgs", happened),
        };
        using IDisposable cause = EventCause.Handling(sequence);
        try
        {
            _action!.InvokeWithContext(null, context, happened);
        }
        catch (RuntimeException exception) when (exception is not PipelineStoppedException)
        {
            Warn.Invoke($"The event handler '{SourceIdentifier}' failed: {TerminalText.Clean(exception.Message)}");
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
