using System.Management.Automation;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Cancels background work, here at once and on the server as soon as it agrees.</summary>
[Cmdlet(VerbsLifecycle.Stop, "McpTask", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopMcpTaskCommand : TaskCmdlet
{
    private readonly List<System.Threading.Tasks.Task> _stopping = [];

    /// <summary>Waits for the jobs to end, all at once, so that they can be removed.</summary>
    protected override void EndProcessing() => System.Threading.Tasks.Task.WaitAll([.. _stopping], McpJob.StopGrace);

    private protected override void ProcessTask(McpTask task)
    {
        if (ShouldProcess($"{task.Tool} ({task.Id})", "Stop") && JobOf(task) is { Core: { } core } job)
        {
            string? trouble = core.State.Trouble;
            core.Cancel();
            _stopping.Add(job.Ended);
            if (core is { Kind: Core.Tasks.BackgroundKind.Mcpc, CanCancelOnServer: false })
            {
                WriteWarning($"The server '{task.Server}' has no way to cancel MCPC work: the job has ended here, but the tool may go on there.");
            }
            else if (trouble is not null)
            {
                WriteWarning($"Server '{task.Server}' cannot be told: the job has ended here, but the task '{task.ShortId}' may go on there. Once the job is removed, Get-McpTask lists it again, and Resume-McpTask takes it up over a new connection.");
            }
        }
    }
}
