using System.Collections;
using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Tasks;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Turns what a user or a script gives into an answer to a server's question.</summary>
internal static class Answer
{
    /// <summary>
    /// A hashtable, an object or JSON text is accepted content; the words accept, decline and cancel, and $false, are that
    /// action; nothing at all declines.
    /// </summary>
    public static InputAnswer From(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            null or false => new InputAnswer("decline"),
            true or "accept" => new InputAnswer("accept"),
            "decline" => new InputAnswer("decline"),
            "cancel" => new InputAnswer("cancel"),
            string json => new InputAnswer("accept", ArgumentBinder.ParseJson(json)),
            IDictionary or PSObject => new InputAnswer("accept", PlainValue.PropertiesOf(PSObject.AsPSObject(value!), null)),
            _ => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"An answer is a hashtable, an object, JSON text, or one of accept, decline and cancel, not a {plain.GetType().Name}."),
        };
    }
}
