using System.Management.Automation;
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
    private static readonly JsonElement AnyObject = JsonSerializer.SerializeToElement(new { type = "object" });

    /// <summary>The event's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>What it carries: a hashtable or an object.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    public PSObject? Data { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            JsonObject payload = Data is null ? [] : ArgumentBinder.Bind(AnyObject, PlainValue.PropertiesOf(Data, null));
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
}
