using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;
using McpProgress.PowerShell.Progress;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Waits for background work with a bar for each task, and returns the tasks that have ended.</summary>
[Cmdlet(VerbsLifecycle.Wait, "McpTask")]
[OutputType(typeof(McpTask))]
public sealed class WaitMcpTaskCommand : McpCmdlet
{
    private readonly List<McpTask> _tasks = [];

    /// <summary>Tasks, jobs, job ids or task ids; by default all of this session that still run.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Alias("Id", "Job")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public object[]? Task { get; set; }

    /// <summary>Returns as soon as one of them has ended.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>How long to wait, in seconds; 0 waits for ever. The tasks themselves go on.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Task is null)
        {
            if (!MyInvocation.ExpectingInput)
            {
                _tasks.AddRange(State.Jobs.Where(job => job.Core is { State.IsTerminal: false }).Select(job => job.Task));
            }

            return;
        }

        foreach (object target in Task)
        {
            try
            {
                IReadOnlyList<McpTask> found = TaskLookup.Find(State, target);
                foreach (McpTask earlier in found.Where(task => task.Core is null))
                {
                    WriteFailure(new McpFailureException(ErrorIds.InvalidArgument, $"The task '{earlier.Id}' belongs to an earlier session. Take it up first: Resume-McpTask {earlier.Id}"), earlier);
                }

                _tasks.AddRange(found.Where(task => task.Core is not null));
            }
            catch (McpFailureException failure)
            {
                WriteFailure(failure, target);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_tasks.Count == 0)
        {
            return;
        }

        Run(async (pump, cancellationToken) =>
        {
            var board = new TaskBoard(new ProgressWriter(CommandRuntime, Host), [.. _tasks.Select(task => task.Job!)]);
            pump.Finally(board.Complete);
            using var redraw = new Timer(_ => pump.Post(board.Draw), null, TimeSpan.Zero, TaskBoard.Interval);
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (TimeoutSec > 0)
            {
                limit.CancelAfter(TimeSpan.FromSeconds(Math.Min(TimeoutSec, int.MaxValue / 1000)));
            }

            try
            {
                await WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // As with Wait-Job: what has ended is returned, what has not goes on.
            }
            finally
            {
                await limit.CancelAsync().ConfigureAwait(false);
            }
        });
        foreach (McpTask task in _tasks.Where(task => task.Job!.IsDisconnected))
        {
            WriteWarning($"The task '{TerminalText.Clean(task.Id)}' waits for a connection to '{task.Server}'. Connect again with Connect-McpServer, and wait for it then.");
        }

        WriteObject(_tasks.Where(task => task.Core!.State.IsTerminal), enumerateCollection: true);
    }

    // One that has lost its connection may have a new one before the others have ended, and is waited for again then.
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        McpJob[] jobs = [.. _tasks.Select(task => task.Job!)];
        while (!(Any && jobs.Any(job => job.Ended.IsCompleted)))
        {
            Task[] running = [.. jobs.Where(job => !job.Ended.IsCompleted && !job.IsDisconnected).Select(job => job.EndedOrDisconnectedAsync(cancellationToken))];
            if (running.Length == 0)
            {
                return;
            }

            await (Any ? await System.Threading.Tasks.Task.WhenAny(running).ConfigureAwait(false) : System.Threading.Tasks.Task.WhenAll(running)).ConfigureAwait(false);
        }
    }
}
