using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Lists what has happened: the newest events of this session, or those of a log.</summary>
[Cmdlet(VerbsCommon.Get, "McpEvent")]
[OutputType(typeof(McpEvent))]
public sealed class GetMcpEventCommand : McpCmdlet
{
    /// <summary>The names of the events; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only events of these connections; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public string[]? Server { get; set; }

    /// <summary>Only so many of the newest.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Last { get; set; } = int.MaxValue;

    /// <summary>Only events since then.</summary>
    [Parameter]
    public DateTimeOffset Since { get; set; }

    /// <summary>The id of an event: lists it and all that it caused, as a tree.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Cascade { get; set; }

    /// <summary>A log written by Start-McpEventLog to read instead.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var filter = new EventFilter(Name, Server);
            IReadOnlyList<EventLogLine> lines = Read();
            IEnumerable<McpEvent> events = Cascade is null
                ? lines.Where(filter.Selects).Where(line => line.Timestamp >= Since).Select(line => new McpEvent(line))
                : EventTree.Below(Cascade, lines).Where(node => filter.Selects(node.Line) && node.Line.Timestamp >= Since).Select(node => new McpEvent(node.Line, node.Depth));
            WriteObject(events.TakeLast(Last), enumerateCollection: true);
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, Path ?? Cascade);
        }
    }

    private IReadOnlyList<EventLogLine> Read()
    {
        if (Path is null)
        {
            EventHub hub = State.Events;
            IReadOnlyList<ConnectionEvent> kept = hub.Snapshot();
            if (kept.Count > 0 && kept[0].Sequence > 1 && kept[0].Timestamp > Since && MyInvocation.BoundParameters.ContainsKey(nameof(Since)))
            {
                WriteWarning($"Only the newest {hub.Capacity} events are kept, those from {kept[0].Timestamp.LocalDateTime:T} on. Start-McpEventLog keeps them all.");
            }

            return [.. kept.Select(happened => EventLogLine.From(hub, happened))];
        }

        string file = GetUnresolvedProviderPathFromPSPath(Path);
        try
        {
            return [.. EventLog.Read(file, line => WriteWarning($"Line {line} of '{file}' is no event and was skipped: a crash may have torn it."))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The event log '{file}' cannot be read: {exception.Message}", exception);
        }
    }
}
