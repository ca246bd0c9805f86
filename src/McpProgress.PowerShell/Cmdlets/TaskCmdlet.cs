using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>What the cmdlets share that work on given tasks: tasks, jobs or ids, also from the pipeline.</summary>
public abstract class TaskCmdlet : McpCmdlet
{
    /// <summary>Tasks, jobs, job ids or task ids; wildcards are allowed in ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Id", "Job")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public object[] Task { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object target in Task)
        {
            try
            {
                foreach (McpTask task in TaskLookup.Find(State, target))
                {
                    ProcessTask(task);
                }
            }
            catch (McpFailureException failure)
            {
                WriteFailure(failure, target);
            }
        }
    }

    /// <summary>Does the cmdlet's work on one task. A <see cref="McpFailureException"/> becomes an error and the next task is next.</summary>
    private protected abstract void ProcessTask(McpTask task);

    /// <summary>The job of a task; only tasks of this session have one.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument.</exception>
    private protected static McpJob JobOf(McpTask task) => task.Job ?? throw new McpFailureException(
        ErrorIds.InvalidArgument, $"The task '{task.Id}' belongs to an earlier session. Take it up first: Resume-McpTask {task.Id}");
}
