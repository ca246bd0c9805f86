using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Lists background work: of this session, and of earlier ones that can still be asked for.</summary>
[Cmdlet(VerbsCommon.Get, "McpTask")]
[OutputType(typeof(McpTask))]
public sealed class GetMcpTaskCommand : McpCmdlet
{
    /// <summary>Tasks, jobs, job ids or task ids; wildcards are allowed in ids.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("Id", "Job")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public object[] Task { get; set; } = ["*"];

    /// <summary>Only tasks of these connections; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public string[] Server { get; set; } = ["*"];

    /// <summary>Only tasks in these states.</summary>
    [Parameter]
    [ValidateSet("Working", "InputRequired", "Completed", "Failed", "Cancelled")]
    public string[]? Status { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Func<string, bool>[] servers = [.. Server.Select(Naming)];
        foreach (object target in Task)
        {
            try
            {
                WriteObject(
                    TaskLookup.Find(State, target).Where(task =>
                        servers.Any(isMeant => isMeant(task.Server)) && (Status is null || Status.Contains(task.Status, StringComparer.OrdinalIgnoreCase))),
                    enumerateCollection: true);
            }
            catch (McpFailureException failure)
            {
                WriteFailure(failure, target);
            }
        }
    }
}
