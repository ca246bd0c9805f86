using System.Management.Automation;
using System.Management.Automation.Host;
using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Input;

/// <summary>Answers the questions of a call in the foreground, on the pipeline thread: by the user's script block, else at the prompt.</summary>
internal sealed class ConsoleResponder(PipelinePump pump, PSHost host, ScriptBlock? script)
{
    /// <summary>Set when a question came that nobody could answer.</summary>
    public McpFailureException? Unanswered { get; private set; }

    public async Task<InputAnswer?> AnswerAsync(InputRequest request, CancellationToken cancellationToken)
    {
        var answered = new TaskCompletionSource<InputAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        pump.Post(() =>
        {
            try
            {
                answered.TrySetResult(script is null ? Ask(request, cancellationToken) : Run(script, request));
            }
            catch (Exception exception) when (exception is not PipelineStoppedException)
            {
                answered.TrySetException(exception);
            }
        });
        try
        {
            return await answered.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Unanswered = new McpFailureException(
                ErrorIds.InputRequired,
                $"The tool asked '{TerminalText.Clean(request.Message)}', and {Problem(exception)}",
                exception);
            return new InputAnswer("cancel");
        }
    }

    /// <summary>What went wrong, and what the user can do where nobody is there to ask.</summary>
    private string Problem(Exception exception) => exception switch
    {
        McpFailureException => $"the answer could not be used: {exception.Message}",
        _ when script is not null => $"the -InputHandler failed: {exception.Message}",
        _ => $"nobody answered: {exception.Message} Give -InputHandler {{ param($request) @{{ … }} }}, or call it at a console.",
    };

    private static InputAnswer Run(ScriptBlock script, InputRequest request) =>
        Answer.FromOutput(script.Invoke(new McpInputRequest(request)), request).CheckedFor(request);

    /// <summary>Asks until the answer fits: a slip of the finger is no reason to give up what the tool has done so far.</summary>
    private InputAnswer Ask(InputRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return Prompt(request).CheckedFor(request);
            }
            catch (McpFailureException failure) when (!cancellationToken.IsCancellationRequested)
            {
                host.UI.WriteWarningLine(failure.Message);
            }
        }
    }

    private InputAnswer Prompt(InputRequest request)
    {
        if (host.Name == "ConsoleHost" && Console.IsInputRedirected)
        {
            throw new InvalidOperationException("there is no console to ask at.");
        }

        string message = TerminalText.Clean(request.Message, keepLines: true);
        IReadOnlyDictionary<string, PromptField> fields = PromptField.Of(request);
        if (fields.Count == 0)
        {
            int choice = host.UI.PromptForChoice("Input required", message, [new ChoiceDescription("&Yes"), new ChoiceDescription("&No")], 0);
            return new InputAnswer(choice == 0 ? "accept" : "decline");
        }

        Dictionary<string, PSObject> typed = host.UI.Prompt("Input required", message, new(fields.Values.Select(field => field.Description).ToList()));
        if (typed is not { Count: > 0 })
        {
            // The end of the input (Ctrl+D): nobody will type anything more.
            return new InputAnswer("cancel");
        }

        var content = typed
            .Where(entry => entry.Value?.BaseObject is not null and not "")
            .ToDictionary(entry => fields[entry.Key].Name, entry => fields[entry.Key].Read(PlainValue.Of(entry.Value)), StringComparer.Ordinal);
        return new InputAnswer("accept", content);
    }
}
