using System.Collections;
using System.Management.Automation;
using System.Security;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Publishes an event of the user's own on the stream. In a handler its cause is the event being handled.</summary>
[Cmdlet(VerbsCommon.New, "McpEvent")]
[OutputType(typeof(McpEvent))]
public sealed class NewMcpEventCommand : McpCmdlet
{
    private static readonly JsonElement AnyObject = JsonDocument.Parse("""{ "type": "object" }""").RootElement;

    /// <summary>The event's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>What it carries: a hashtable or an object; a single value or a list becomes its member <c>value</c>.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    public PSObject? Data { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            JsonObject payload = ArgumentBinder.Bind(AnyObject, Members());
            EventHub hub = State.Events;
            ConnectionEvent published = hub.Publish(null, Name, null, null, EventCause.Current, payload);
            State.Handlers.Settle();
            WriteObject(new McpEvent(EventLogLine.From(hub, published)));
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, Name);
        }
    }

    private Dictionary<string, object?> Members()
    {
        if (HoldsSecret(Data, 0))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "An event holds no secure string: events are shown, kept and logged as they are.");
        }

        return Data?.BaseObject switch
        {
            null => [],
            string or ValueType or IEnumerable and not IDictionary => new() { ["value"] = PlainValue.Of(Data) },
            _ => PlainValue.PropertiesOf(Data, null),
        };
    }

    // As deep as values are taken at all.
    private static bool HoldsSecret(object? value, int depth) => depth <= 64 && PlainValue.BaseOf(value) switch
    {
        SecureString or PSCredential => true,
        string => false,
        IDictionary dictionary => dictionary.Values.Cast<object?>().Any(member => HoldsSecret(member, depth + 1)),
        IEnumerable items => items.Cast<object?>().Any(item => HoldsSecret(item, depth + 1)),
        PSCustomObject => ((PSObject)value!).Properties.Any(property => HoldsSecret(property.Value, depth + 1)),
        _ => false,
    };
}
