using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Asks servers for a sign of life.</summary>
[Cmdlet(VerbsDiagnostic.Test, "McpServer")]
[OutputType(typeof(McpServerTest))]
[OutputType(typeof(bool))]
public sealed class TestMcpServerCommand : McpCmdlet
{
    /// <summary>Connections or their names, wildcards too; by default the newest connection.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Alias("Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object[]? Server { get; set; }

    /// <summary>How long to wait for the answer, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 86400)]
    public double TimeoutSec { get; set; } = 5;

    /// <summary>Returns true or false only.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object? server in Named(Server, State.Connections))
        {
            McpServerTest test = Test(server);
            WriteObject(Quiet ? test.IsAlive : test);
        }
    }

    private McpServerTest Test(object? server)
    {
        string name = server?.ToString() ?? "";
        try
        {
            // Only here: what closes a connection should not do so for one of its tools.
            McpConnection connection = PlainValue.BaseOf(server) is McpTool tool ? tool.Connection : Resolve(server);
            name = connection.Name;
            TimeSpan latency = Await(cancellationToken => connection.Core.PingAsync(TimeSpan.FromSeconds(TimeoutSec), cancellationToken));
            return new McpServerTest(name, true, latency, null);
        }
        catch (McpFailureException failure)
        {
            return new McpServerTest(name, false, null, failure.Message);
        }
    }
}
