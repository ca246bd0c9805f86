using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Closes connections. The process tree of a stdio server has ended when the cmdlet returns.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "McpServer", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class DisconnectMcpServerCommand : McpCmdlet
{
    /// <summary>Connections or their names, wildcards too; by default the newest connection.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Alias("Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object[]? Server { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object? server in Named(Server, State.Connections))
        {
            try
            {
                McpConnection connection = Resolve(server);
                if (ShouldProcess(connection.Name, "Disconnect"))
                {
                    State.Remove(connection);
                    Await(async _ =>
                    {
                        await connection.Core.DisposeAsync().ConfigureAwait(false);
                        return true;
                    });
                }
            }
            catch (McpFailureException failure)
            {
                WriteFailure(failure, server);
            }
        }
    }
}
