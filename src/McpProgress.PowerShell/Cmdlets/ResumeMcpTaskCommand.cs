using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Input;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Takes up a task of an earlier session as a job.</summary>
[Cmdlet(VerbsLifecycle.Resume, "McpTask")]
[OutputType(typeof(McpJob))]
public sealed class ResumeMcpTaskCommand : TaskCmdlet
{
    /// <summary>The connection to use; by default one to the server the task was started on.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object? Server { get; set; }

    /// <summary>The name of the job.</summary>
    [Parameter]
    public string? JobName { get; set; }

    /// <summary>Answers what the tool asks: gets the question, returns the answer as a hashtable, or decline or cancel.</summary>
    [Parameter]
    public ScriptBlock? InputHandler { get; set; }

    private protected override void ProcessTask(McpTask task)
    {
        if (task.Job is { } running)
        {
            if (Server is not null)
            {
                State.Tasks.Continue(task.Core!, Resolve(Server).Core);
            }

            WriteObject(running);
            return;
        }

        TaskRecord record = task.Record!;
        McpConnection connection = Server is not null ? Resolve(Server) : ConnectionTo(record);
        BackgroundTask core = State.Tasks.Resume(connection.Core, record, InputHandler is null ? null : new ScriptResponder(InputHandler).AnswerAsync);
        var job = new McpJob(MyInvocation.Line.Trim(), JobName, $"{record.Tool} ({connection.Name})");
        State.Add(job);
        JobRepository.Add(job);
        job.Attach(core);
        WriteObject(job);
    }

    // Of several, one of the task's revision; the others say which that is.
    private static McpConnection ConnectionTo(TaskRecord record) =>
        State.Connections.Where(connection => connection.Core.Key == record.ServerKey && connection.Status == "Connected")
            .OrderBy(connection => BackgroundTasks.Carries(connection.Core, record.Kind)).LastOrDefault()
        ?? throw new McpFailureException(
            ErrorIds.ServerNotFound, $"The task '{record.Id}' lives on server '{record.ServerName}' ({record.ServerKey}), and no connection to it is open. Connect to it with Connect-McpServer first.");
}
