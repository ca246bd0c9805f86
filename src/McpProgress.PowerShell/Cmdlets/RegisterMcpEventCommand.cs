using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Subscribes to what happens on the connections. The engine's own event cmdlets know the subscriber.</summary>
[Cmdlet(VerbsLifecycle.Register, "McpEvent")]
[OutputType(typeof(PSEventSubscriber))]
public sealed class RegisterMcpEventCommand : McpCmdlet
{
    private static int _lastSubscription;

    /// <summary>The names of the events; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only events of these connections; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public string[]? Server { get; set; }

    /// <summary>Runs for each event, which is in $_ and in $Event.MessageData. Without it the events wait for Get-Event.</summary>
    [Parameter(Position = 1)]
    public ScriptBlock? Action { get; set; }

    /// <summary>Ends the subscription after so many events; 0 never.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int MaxTriggerCount { get; set; }

    /// <summary>What the engine's cmdlets know the subscriber by.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SourceIdentifier { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var filter = new EventFilter(Name, Server);
            EventHandlers handlers = State.Handlers;
            PSEventManager engine = Events;
            PSEventSubscriber subscriber = Subscribe(engine, SourceIdentifier ?? $"McpEvent{Interlocked.Increment(ref _lastSubscription)}");
            var subscription = new McpEventSubscription(engine, subscriber, filter, Action, MaxTriggerCount, State.Events.LastSequence);
            subscriber.Unsubscribed += (_, _) => handlers.Remove(subscription);
            handlers.Add(subscription);
            WriteObject(subscriber);
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, Name);
        }
    }

    /// <summary>Makes the engine's half of the subscriber. With a handler, the engine runs what it is handed on the pipeline thread.</summary>
    private PSEventSubscriber Subscribe(PSEventManager engine, string identifier)
    {
        if (identifier.StartsWith(EventHandlers.EnginePrefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new McpFailureException(
                ErrorIds.InvalidArgument, $"The source identifier '{identifier}' is an event's own name: Register-EngineEvent -SourceIdentifier {identifier} subscribes to it. Choose another one here.");
        }

        // The engine itself takes a second one, and then puts the same event into the queue for each.
        if (engine.GetEventSubscribers(identifier).Any())
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"A subscriber with the source identifier '{identifier}' is there already. Choose another one, or end it with Unregister-Event.");
        }

        ScriptBlock? bell = Action is null ? null : ScriptBlock.Create("$Event.SourceArgs[0].Invoke()");
        return engine.SubscribeEvent(new McpEventSource(), nameof(McpEventSource.Event), identifier, null, bell, false, false);
    }
}
