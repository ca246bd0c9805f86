using System.Management.Automation;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;

namespace McpProgress;

/// <summary>A question that a server puts while a tool works.</summary>
public sealed class McpInputRequest
{
    internal McpInputRequest(InputRequest core)
    {
        Core = core;
        Schema = JsonOutput.ToObject(core.Schema) as PSObject;
    }

    /// <summary>Names the question within its task.</summary>
    public string Key => Core.Key;

    /// <summary>The question.</summary>
    public string Message => TerminalText.Clean(Core.Message, keepLines: true);

    /// <summary>The JSON Schema of the answer; empty when any will do.</summary>
    public PSObject? Schema { get; }

    /// <summary>Where to go, when the question is answered on a web page.</summary>
    public string? Url => Core.Url;

    internal InputRequest Core { get; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
