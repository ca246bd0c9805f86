using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Forgets background work: its job, and what is kept of it for later sessions.</summary>
[Cmdlet(VerbsCommon.Remove, "McpTask", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveMcpTaskCommand : TaskCmdlet
{
    /// <summary>Also removes a task that is still running; it is cancelled.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessTask(McpTask task)
    {
        if (!Force && task.Core is { State.IsTerminal: false })
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The task '{task.Id}' is still running. Stop it first, or remove it with -Force.");
        }

        if (!ShouldProcess($"{task.Tool} ({task.Id})", "Remove"))
        {
            return;
        }

        if (task.Job is { } job)
        {
            JobRepository.Remove(job);
            job.Dispose();
        }

        TaskRegistry.Default.Remove(task.Core?.ServerKey ?? task.Record!.ServerKey, task.Id);
    }
}
