using System.Management.Automation;
using McpProgress.Core;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Lists the progress servers started in this session.</summary>
[Cmdlet(VerbsCommon.Get, "McpProgressServer")]
[OutputType(typeof(McpProgressServer))]
public sealed class GetMcpProgressServerCommand : McpCmdlet
{
    /// <summary>Names to list; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProgressServerCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<McpProgressServer> servers = State.Servers;
        foreach (string pattern in Name)
        {
            Func<string, bool> isMeant = Naming(pattern);
            McpProgressServer[] found = [.. servers.Where(server => isMeant(server.Name))];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern))
            {
                WriteFailure(new McpFailureException(ErrorIds.ServerNotFound, $"No server was started here under the name '{pattern}'. Get-McpProgressServer lists all."), pattern);
            }

            WriteObject(found, enumerateCollection: true);
        }
    }
}
