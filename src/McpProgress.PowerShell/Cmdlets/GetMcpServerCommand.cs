using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Configuration;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Lists the open connections, or the servers configured in mcp.json files.</summary>
[Cmdlet(VerbsCommon.Get, "McpServer", DefaultParameterSetName = "Open")]
[OutputType(typeof(McpConnection), ParameterSetName = ["Open"])]
[OutputType(typeof(McpConfiguredServer), ParameterSetName = ["ListAvailable"])]
public sealed class GetMcpServerCommand : McpCmdlet
{
    /// <summary>Names to list; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ListedServerCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Lists the configured servers instead of the open connections.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ListAvailable")]
    public SwitchParameter ListAvailable { get; set; }

    /// <summary>The mcp.json file to read instead of the usual ones.</summary>
    [Parameter(ParameterSetName = "ListAvailable")]
    public string? ConfigurationPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string pattern in Name)
        {
            bool found = ListAvailable ? WriteConfigured(pattern) : WriteOpen(pattern);
            if (!found && !WildcardPattern.ContainsWildcardCharacters(pattern))
            {
                string where = ListAvailable ? "No server is configured" : "No connection is open";
                WriteFailure(new McpFailureException(ErrorIds.ServerNotFound, $"{where} under the name '{pattern}'. Get-McpServer{(ListAvailable ? " -ListAvailable" : "")} lists all."), pattern);
            }
        }
    }

    private bool WriteOpen(string pattern)
    {
        Func<string, bool> isMeant = Naming(pattern);
        McpConnection[] found = [.. State.Connections.Where(connection => isMeant(connection.Name))];
        WriteObject(found, enumerateCollection: true);
        return found.Length > 0;
    }

    private bool WriteConfigured(string pattern)
    {
        Func<string, bool> isMeant = Naming(pattern);
        ConfigurationListing listing = new McpConfiguration(UserPlaces.Current).List(
            CurrentFolder, ConfigurationPath is null ? null : GetUnresolvedProviderPathFromPSPath(ConfigurationPath));
        foreach (McpFailureException problem in listing.Problems)
        {
            WriteFailure(problem);
        }

        McpConfiguredServer[] found =
        [
            .. listing.Servers
                .Where(server => !server.IsShadowed && isMeant(server.Name))
                .Select(server => new McpConfiguredServer(server.Name, server.Transport, server.Target, server.SourcePath)),
        ];
        WriteObject(found, enumerateCollection: true);
        return found.Length > 0;
    }
}
