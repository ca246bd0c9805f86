using System.Management.Automation;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;

namespace McpProgress;

/// <summary>A tool of a server.</summary>
public sealed class McpTool
{
    internal McpTool(McpConnection connection, ToolDescriptor core)
    {
        Connection = connection;
        Name = core.Name;
        Title = TerminalText.Clean(core.Title);
        Description = TerminalText.Clean(core.Description, keepLines: true);
        InputSchema = JsonOutput.ToObject(core.Definition["inputSchema"]) as PSObject;
        OutputSchema = JsonOutput.ToObject(core.Definition["outputSchema"]) as PSObject;
        Annotations = JsonOutput.ToObject(core.Annotations) as PSObject;
        TaskSupport = core.TaskSupport;
        Arguments = [.. ArgumentBinder.Names(core.InputSchema)];
    }

    /// <summary>The name to call it by.</summary>
    public string Name { get; }

    /// <summary>The name to show.</summary>
    public string Title { get; }

    /// <summary>What it does.</summary>
    public string Description { get; }

    /// <summary>The names of its arguments.</summary>
    public string[] Arguments { get; }

    /// <summary>The JSON Schema of its arguments.</summary>
    public PSObject? InputSchema { get; }

    /// <summary>The JSON Schema of its structured result.</summary>
    public PSObject? OutputSchema { get; }

    /// <summary>Hints on its behaviour, such as <c>readOnlyHint</c>.</summary>
    public PSObject? Annotations { get; }

    /// <summary>Whether it can run as a 2025-11-25 task: forbidden, optional or required; empty when not said.</summary>
    public string? TaskSupport { get; }

    /// <summary>The name of the connection it belongs to.</summary>
    public string Server => Connection.Name;

    internal McpConnection Connection { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
