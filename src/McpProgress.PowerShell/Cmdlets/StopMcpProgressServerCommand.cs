using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Stops progress servers. Their processes have ended when the cmdlet returns.</summary>
[Cmdlet(VerbsLifecycle.Stop, "McpProgressServer", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopMcpProgressServerCommand : McpCmdlet
{
    /// <summary>Servers or their names, wildcards too; by default the newest one.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Alias("Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProgressServerCompleter))]
    public object[]? Server { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object? server in Named(Server, State.Servers))
        {
            try
            {
                McpProgressServer found = State.ResolveServer(PlainValue.BaseOf(server));
                if (ShouldProcess(found.Name, "Stop"))
                {
                    State.Remove(found);
                    Await(async _ =>
                    {
                        await found.StopAsync().ConfigureAwait(false);
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
