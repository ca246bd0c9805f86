using System.Collections;
using System.Management.Automation;
using System.Security;
using McpProgress.Core;
using McpProgress.Core.Authorization;
using McpProgress.Core.Configuration;
using McpProgress.Core.Connections;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Connects to an MCP server: started from a command, reached at an address, or found by name in an mcp.json file.</summary>
[Cmdlet(VerbsCommunications.Connect, "McpServer", DefaultParameterSetName = "Name")]
[OutputType(typeof(McpConnection))]
public sealed class ConnectMcpServerCommand : McpCmdlet
{
    /// <summary>The executable of a stdio server.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Command")]
    public string Command { get; set; } = "";

    /// <summary>Its arguments, one each.</summary>
    [Parameter(ParameterSetName = "Command")]
    [Alias("Args")]
    public string[]? ArgumentList { get; set; }

    /// <summary>Environment variables for it; a null value removes one.</summary>
    [Parameter(ParameterSetName = "Command")]
    public IDictionary? Environment { get; set; }

    /// <summary>The folder it starts in; by default the current location.</summary>
    [Parameter(ParameterSetName = "Command")]
    public string? WorkingDirectory { get; set; }

    /// <summary>The address of a Streamable HTTP server.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Uri")]
    [Parameter(Mandatory = true, ParameterSetName = "OAuth")]
    [Parameter(Mandatory = true, ParameterSetName = "ClientCredentials")]
    [Alias("Url")]
    public Uri Uri { get; set; } = null!;

    /// <summary>Extra request headers.</summary>
    [Parameter(ParameterSetName = "Uri")]
    [Parameter(ParameterSetName = "OAuth")]
    [Parameter(ParameterSetName = "ClientCredentials")]
    public IDictionary? Header { get; set; }

    /// <summary>A bearer token.</summary>
    [Parameter(ParameterSetName = "Uri")]
    public SecureString? Token { get; set; }

    /// <summary>Signs the user in with a browser where the server asks for it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "OAuth")]
    public SwitchParameter OAuth { get; set; }

    /// <summary>The id the client is registered under at the authorization server.</summary>
    [Parameter(ParameterSetName = "OAuth")]
    [Parameter(Mandatory = true, ParameterSetName = "ClientCredentials")]
    [ValidateNotNullOrEmpty]
    public string? ClientId { get; set; }

    /// <summary>The secret of that registration.</summary>
    [Parameter(ParameterSetName = "OAuth")]
    [Parameter(Mandatory = true, ParameterSetName = "ClientCredentials")]
    [ValidateNotNull]
    public SecureString? ClientSecret { get; set; }

    /// <summary>The name of a configured server, or, with -Command and -Uri, the name the connection gets.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Command")]
    [Parameter(ParameterSetName = "Uri")]
    [Parameter(ParameterSetName = "OAuth")]
    [Parameter(ParameterSetName = "ClientCredentials")]
    [ArgumentCompleter(typeof(ConfiguredServerCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The mcp.json file to read instead of the usual ones.</summary>
    [Parameter(ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("Path")]
    public string? ConfigurationPath { get; set; }

    /// <summary>How long start and handshake may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 86400)]
    public double TimeoutSec { get; set; } = 30;

    /// <summary>How long a call may stay silent on this connection, in seconds; 0 waits for ever.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double IdleTimeoutSec { get; set; } = 300;

    /// <summary>The protocol revision to insist on; without it the newest that both sides speak is taken.</summary>
    [Parameter]
    [ValidateSet("2025-11-25", "2026-07-28")]
    public string? ProtocolVersion { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => WarnOfAnotherCopy();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            (string name, ServerEndpoint endpoint) = FindEndpoint();
            var options = new ConnectionOptions
            {
                ConnectTimeout = TimeSpan.FromSeconds(TimeoutSec),
                IdleTimeout = Seconds.ToTimeSpan(IdleTimeoutSec),
                ProtocolVersion = ProtocolVersion,
                ClientVersion = ModuleVersion,
            };
            WriteObject(Open(name, endpoint, options));
        }
        catch (McpFailureException failure)
        {
            // Terminating: a script that goes on without its connection would use an older one instead.
            ThrowTerminatingError(FailureRecord.Of(failure, ParameterSetName switch { "Name" => Name, "Command" => Command, _ => Uri }));
        }
    }

    private (string Name, ServerEndpoint Endpoint) FindEndpoint()
    {
        switch (ParameterSetName)
        {
            case "Command":
                string command = Command.Contains('/', StringComparison.Ordinal) || Command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
                    ? GetUnresolvedProviderPathFromPSPath(Command)
                    : Command;
                return (NameOr(Path.GetFileNameWithoutExtension(Command)), new StdioEndpoint(command, ArgumentList ?? [])
                {
                    Environment = Texts(Environment),
                    WorkingDirectory = WorkingDirectory is null ? CurrentFolder : GetUnresolvedProviderPathFromPSPath(WorkingDirectory),
                });

            case "Uri" or "OAuth" or "ClientCredentials":
                if (!Uri.IsAbsoluteUri || Uri.Scheme is not ("http" or "https"))
                {
                    throw new McpFailureException(ErrorIds.InvalidArgument, $"'{Uri}' is not an http or https address, such as http://127.0.0.1:8000/mcp.");
                }

                return (NameOr(Uri.Authority), new HttpEndpoint(Uri)
                {
                    Headers = Texts(Header).ToDictionary(header => header.Key, header => Sendable($"The header '{header.Key}'", header.Key, header.Value ?? "")),
                    Token = Token is null ? null : new Secret(Sendable("The -Token", "Authorization", Reveal(Token)!.Reveal())),
                    OAuth = Grant(),
                });

            default:
                var configuration = new McpConfiguration(UserPlaces.Current);
                string? path = ConfigurationPath is null ? null : GetUnresolvedProviderPathFromPSPath(ConfigurationPath);
                ConfiguredServer configured = configuration.Find(Name, CurrentFolder, path);
                WarnOfShadowed(configuration.List(CurrentFolder, path), configured.Name);
                return (configured.Name, configured.Endpoint is StdioEndpoint { WorkingDirectory: null } stdio
                    ? stdio with { WorkingDirectory = CurrentFolder }
                    : configured.Endpoint);
        }
    }

    // A folder that came from somewhere may hold a name that the user knows as that of another server.
    private void WarnOfShadowed(ConfigurationListing listing, string name)
    {
        ListedServer[] same = [.. listing.Servers.Where(server => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase))];
        if (same.Length > 1)
        {
            WriteWarning(TerminalText.Clean($"'{name}' is '{same[0].Target}' from '{same[0].SourcePath}' here, which goes before '{same[1].Target}' from '{same[1].SourcePath}'. -ConfigurationPath names the file to take it from."));
        }
    }

    private OAuthGrant? Grant()
    {
        if (ClientSecret is not null && string.IsNullOrEmpty(ClientId))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, "-ClientSecret is the secret of a client: name it with -ClientId.");
        }

        return ParameterSetName switch
        {
            "OAuth" when OAuth => new SignInGrant { ClientId = ClientId, ClientSecret = Reveal(ClientSecret) },
            "ClientCredentials" => new ClientCredentialsGrant(ClientId!, Reveal(ClientSecret)!),
            _ => null,
        };
    }

    // Before anything is sent: a line break would begin a header of its own.
    private static string Sendable(string what, string name, string value) =>
        HttpEndpoint.ProblemOf(name, value) is { } problem ? throw new McpFailureException(ErrorIds.InvalidArgument, TerminalText.Clean($"{what} {problem}")) : value;

    private static Secret? Reveal(SecureString? text) => text is null ? null : new Secret((string)PlainValue.Of(text)!);

    private string NameOr(string fallback) => Name.Length > 0 ? Name : fallback;

    private static Dictionary<string, string?> Texts(IDictionary? dictionary) =>
        dictionary?.Cast<DictionaryEntry>().ToDictionary(entry => entry.Key.ToString()!, entry => entry.Value?.ToString()) ?? [];
}
