using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Conversion;

namespace McpProgress.PowerShell.Input;

/// <summary>Lets a script block answer the questions of a job. A job outlives the pipeline that started it, so the block runs in a runspace of its own.</summary>
internal sealed class ScriptResponder(ScriptBlock script)
{
    private readonly string _text = script.ToString();

    /// <summary>Runs the block once, with the question as its argument.</summary>
    public async Task<InputAnswer?> AnswerAsync(InputRequest request, CancellationToken cancellationToken)
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.NewRunspace);
        shell.AddScript(_text).AddArgument(new McpInputRequest(request));
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static state => ((System.Management.Automation.PowerShell)state!).BeginStop(null, null), shell);
        try
        {
            PSDataCollection<PSObject> output = await Task.Factory.FromAsync(shell.BeginInvoke(), shell.EndInvoke).ConfigureAwait(false);
            return Answer.FromOutput(output, request);
        }
        catch (RuntimeException exception)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The input handler failed: {exception.Message}", exception);
        }
    }
}
