using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Lists the tools of a server.</summary>
[Cmdlet(VerbsCommon.Get, "McpTool")]
[OutputType(typeof(McpTool))]
public sealed class GetMcpToolCommand : McpCmdlet
{
    /// <summary>Names to list; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ToolNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Connections or their names, wildcards too; by default the newest connection.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object[]? Server { get; set; }

    /// <summary>Asks the server again, also when it has not announced a change.</summary>
    [Parameter]
    public SwitchParameter Refresh { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object? server in Named(Server, State.Connections))
        {
            try
            {
                McpConnection connection = Resolve(server);
                IReadOnlyList<ToolDescriptor> tools = Await(cancellationToken => connection.Core.GetToolsAsync(Refresh, cancellationToken));
                foreach (string pattern in Name)
                {
                    Write(connection, tools, pattern);
                }
            }
            catch (McpFailureException failure)
            {
                WriteFailure(failure, server);
            }
        }
    }

    private void Write(McpConnection connection, IReadOnlyList<ToolDescriptor> tools, string pattern)
    {
        Func<string, bool> isMeant = Naming(pattern);
        ToolDescriptor[] found = [.. tools.Where(tool => isMeant(tool.Name))];
        if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            WriteFailure(ToolLookup.NotFound(connection.Core, tools, pattern), pattern);
        }

        WriteObject(found.Select(tool => new McpTool(connection, tool)), enumerateCollection: true);
    }
}
