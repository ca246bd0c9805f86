using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Conversion;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Answers a task that waits for input, or gives new data to a running MCPC task.</summary>
[Cmdlet(VerbsCommunications.Send, "McpTaskInput", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class SendMcpTaskInputCommand : TaskCmdlet
{
    private static readonly JsonElement AnyObject = JsonDocument.Parse("""{ "type": "object" }""").RootElement;

    /// <summary>The answer: a hashtable, an object or JSON text, or the value of the one field there is; decline or cancel for no answer.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [AllowNull]
    [Alias("Input", "Value")]
    public object? Answer { get; set; }

    /// <summary>Which question is answered, where the task asks several.</summary>
    [Parameter]
    public string? Key { get; set; }

    private protected override void ProcessTask(McpTask task)
    {
        BackgroundTask core = JobOf(task).Core!;
        InputAnswer answer = Conversion.Answer.From(Answer, core.PendingInput.FirstOrDefault(request => Key is null || request.Key == Key));
        if (!ShouldProcess($"{task.Tool} ({task.Id})", "Send input"))
        {
            return;
        }

        if (core.PendingInput.Count == 0 && Key is null && core.Kind == BackgroundKind.Mcpc && !core.State.IsTerminal)
        {
            JsonObject data = ArgumentBinder.Bind(AnyObject, answer.Content ?? new Dictionary<string, object?>());
            Await(async cancellationToken =>
            {
                await core.UpdateAsync(data, cancellationToken).ConfigureAwait(false);
                return true;
            });
            return;
        }

        core.Answer(Key, answer);
    }
}
