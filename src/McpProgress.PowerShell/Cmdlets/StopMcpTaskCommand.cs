using System.Management.Automation;
using McpProgress.Core.Text;

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
            bool isUntold = core.State.Trouble is not null;
            core.Cancel();
            _stopping.Add(job.Ended);
            if (core is { Kind: Core.Tasks.BackgroundKind.Mcpc, CanCancelOnServer: false })
            {
                WriteWarning($"The server '{task.Server}' has no way to cancel MCPC work: the job has ended here, but the tool may go on there.");
            }
            else if (isUntold)
            {
                WriteWarning(TerminalText.Clean(core.UntoldWarning));
            }
        }
    }
}
