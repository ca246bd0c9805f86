using System.Collections;
using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Input;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Turns what a user or a script gives into an answer to a server's question.</summary>
internal static class Answer
{
    /// <summary>What a script block has put out: its last object, or all where they can be the list that the only field takes.</summary>
    public static InputAnswer FromOutput(IList<PSObject> output, InputRequest request) =>
        From(output.Count > 1 && PlainValue.BaseOf(output[^1]) is not IDictionary && PromptField.Only(request) is { IsList: true } ? output : output.LastOrDefault(), request);

    /// <summary>
    /// A hashtable, an object, a credential or JSON text is accepted content, and so is a plain value where the question has
    /// one field that it can mean; the words accept, decline and cancel, and $false, are that action; nothing at all declines.
    /// </summary>
    /// <param name="value">What was given.</param>
    /// <param name="request">The question; null where it is not known, or none.</param>
    public static InputAnswer From(object? value, InputRequest? request)
    {
        PromptField? field = request is null ? null : PromptField.Only(request);
        object? plain = PlainValue.Unwrapped(value);
        return plain switch
        {
            null or false => new InputAnswer("decline"),
            true or "accept" => new InputAnswer("accept"),
            "decline" => new InputAnswer("decline"),
            "cancel" => new InputAnswer("cancel"),
            string json when field is null || json.TrimStart().StartsWith('{') => new InputAnswer("accept", ArgumentBinder.ParseJson(json)),
            IDictionary or PSObject or PSCredential => new InputAnswer("accept", PlainValue.PropertiesOf(PSObject.AsPSObject(value!), null)),
            _ when field is not null => new InputAnswer("accept", new Dictionary<string, object?> { [field.Name] = field.Read(PlainValue.Of(value)) }),
            _ => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"An answer is a hashtable, an object, JSON text, the value of the one field there is, or one of accept, decline and cancel, not a {plain.GetType().Name}."),
        };
    }
}
