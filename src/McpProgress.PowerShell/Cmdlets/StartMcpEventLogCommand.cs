using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Starts to write events to a file, one JSON object a line, until Stop-McpEventLog or the end of the session.</summary>
[Cmdlet(VerbsLifecycle.Start, "McpEventLog", SupportsShouldProcess = true)]
[OutputType(typeof(McpEventLog))]
public sealed class StartMcpEventLogCommand : McpCmdlet
{
    /// <summary>The file; it is created, or appended to.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The names of the events to log; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The size at which the file is put aside as Path.1 and a new one begun, in megabytes; 0 never.</summary>
    [Parameter]
    [ValidateRange(0.0, 1_000_000.0)]
    public double MaximumSizeMB { get; set; } = 100;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string file = GetUnresolvedProviderPathFromPSPath(Path);
        try
        {
            if (ShouldProcess(file, "Log events"))
            {
                var filter = new EventFilter(Name);
                if (State.Logs.Any(log => log.Path == file && !log.Core.IsEnded))
                {
                    throw new McpFailureException(ErrorIds.InvalidArgument, $"The event log '{file}' is being written already: a second one would hold every event twice. End it with Stop-McpEventLog first.");
                }

                var log = new McpEventLog(new EventLog(State.Events, file, filter.SelectsName, (long)(MaximumSizeMB * 1024 * 1024)));
                EventHandlers handlers = State.Handlers;
                log.Core.Failed += failure => handlers.Warn($"The event log '{file}' has stopped: {failure.Message}");
                State.Add(log);
                WriteObject(log);
            }
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, file);
        }
    }
}
