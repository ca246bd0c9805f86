using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Text.Json.Nodes;
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
                InputAnswer answer = script is null ? Prompt(request) : Conversion.Answer.From(script.InvokeReturnAsIs(new McpInputRequest(request)));
                answered.TrySetResult(answer.CheckedFor(request));
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
                $"The tool asked '{TerminalText.Clean(request.Message)}', and nobody answered: {exception.Message} Give -InputHandler {{ param($request) @{{ … }} }}, or call it at a console.",
                exception);
            return new InputAnswer("cancel");
        }
    }

    private InputAnswer Prompt(InputRequest request)
    {
        if (host.Name == "ConsoleHost" && Console.IsInputRedirected)
        {
            throw new InvalidOperationException("there is no console to ask at.");
        }

        string message = TerminalText.Clean(request.Message, keepLines: true);
        var fields = new Collection<FieldDescription>();
        foreach ((string name, JsonNode? property) in request.Schema?["properties"] as JsonObject ?? [])
        {
            var members = property as JsonObject ?? [];
            var field = new FieldDescription(name)
            {
                Label = TerminalText.Clean(members["title"]?.ToString() ?? name),
                HelpMessage = TerminalText.Clean(members["description"]?.ToString()),
                IsMandatory = false,
                DefaultValue = members["default"] is { } value ? PSObject.AsPSObject(value.ToString()) : null,
            };
            field.SetParameterType(typeof(string));
            fields.Add(field);
        }

        if (fields.Count == 0)
        {
            int choice = host.UI.PromptForChoice("Input required", message, [new ChoiceDescription("&Yes"), new ChoiceDescription("&No")], 0);
            return new InputAnswer(choice == 0 ? "accept" : "decline");
        }

        Dictionary<string, PSObject> typed = host.UI.Prompt("Input required", message, fields);
        var content = typed
            .Where(entry => entry.Value?.BaseObject is not null and not "")
            .ToDictionary(entry => entry.Key, entry => PlainValue.Of(entry.Value), StringComparer.Ordinal);
        return new InputAnswer("accept", content);
    }
}
