using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Writes what waits, and ends event logs: the given ones, or all of this session.</summary>
[Cmdlet(VerbsLifecycle.Stop, "McpEventLog", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopMcpEventLogCommand : McpCmdlet
{
    /// <summary>The files of the logs to end.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public string[]? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        HashSet<string>? files = Path is null ? null : [.. Path.Select(GetUnresolvedProviderPathFromPSPath)];
        McpEventLog[] logs = [.. State.Logs.Where(log => files?.Contains(log.Path) != false)];
        if (logs.Length == 0 && files is not null)
        {
            WriteFailure(new McpFailureException(ErrorIds.InvalidArgument, $"No event log is written to '{string.Join(", ", files)}'."), Path);
        }

        foreach (McpEventLog log in logs)
        {
            if (!ShouldProcess(log.Path, "End the event log"))
            {
                continue;
            }

            State.Remove(log);
            Await(async _ =>
            {
                await log.Core.DisposeAsync().ConfigureAwait(false);
                return true;
            });
            if (log.Missed > 0)
            {
                string reason = log.Core.Failure is null ? "they came faster than the disk took them" : "it could no longer be written";
                WriteWarning($"The event log '{log.Path}' lacks {log.Missed} events: {reason}.");
            }
        }
    }
}
