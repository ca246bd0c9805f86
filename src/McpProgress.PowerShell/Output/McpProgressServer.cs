using McpProgress.Core.Connections;
using McpProgress.PowerShell.ProgressServer;
using McpProgress.PowerShell.Publishing;

namespace McpProgress;

/// <summary>A progress server that <c>Start-McpProgressServer</c> started.</summary>
public sealed class McpProgressServer
{
    private readonly IRunningServer? _server;
    private readonly Publication? _publication;

    internal McpProgressServer(McpConnection connection)
        : this(connection.Name) => Connection = connection;

    internal McpProgressServer(string name, IRunningServer server, Publication? publication = null)
        : this(name)
    {
        _server = server;
        _publication = publication;
    }

    private McpProgressServer(string name) => Name = name;

    /// <summary>The name to stop it by; that of its connection, when it was started with one.</summary>
    public string Name { get; }

    /// <summary><c>Stdio</c> or <c>Http</c>.</summary>
    public string Transport => _server is null ? "Stdio" : "Http";

    /// <summary>Where clients connect; empty for stdio.</summary>
    public Uri? Uri => _server?.Uri;

    /// <summary>The TCP port it listens on; empty for stdio.</summary>
    public int? Port => _server?.Uri.Port;

    /// <summary>The id of its process; this one's when it serves in the background of this shell.</summary>
    public int? ProcessId => _server?.Id ?? Connection?.ProcessId;

    /// <summary><c>Running</c>; <c>Exited</c> when it ended by itself; <c>Stopped</c> when it was told to.</summary>
    public string Status =>
        IsClosed ? "Stopped"
        : _server?.HasExited ?? IsLost ? "Exited"
        : "Running";

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.Now;

    /// <summary>The names of the published commands; empty for a server in another process, whose tools <c>Get-McpTool</c> lists.</summary>
    public string[] Tools => _publication is null ? [] : [.. _publication.Commands.Select(command => command.Name)];

    /// <summary>Calls of published commands that run now or wait for their turn; empty for a server in another process.</summary>
    public int? CallsInFlight => _publication?.Runner.InFlight;

    /// <summary>Calls of published commands so far; empty for a server in another process.</summary>
    public long? Calls => _publication?.Runner.Calls;

    /// <summary>Those of the <see cref="Calls"/> that ended in an error.</summary>
    public long? FailedCalls => _publication?.Runner.Failures;

    /// <summary>The entry for an mcp.json by which other clients find it, as JSON text.</summary>
    public string Configuration => ConfigurationEntry.Of(Name, Uri, HasToken, Command);

    /// <summary>The connection it was started with.</summary>
    internal McpConnection? Connection { get; set; }

    /// <summary>The program and arguments that start it over stdio.</summary>
    internal StdioEndpoint? Command { get; init; }

    /// <summary>Whether clients must carry a bearer token.</summary>
    internal bool HasToken { get; init; }

    /// <summary>Whether it was stopped from here.</summary>
    internal bool IsClosed => _server?.IsClosed ?? Connection?.Core.Status == ConnectionStatus.Closed;

    /// <summary>Whether it was a connection, which has broken: nothing of it is left but its name.</summary>
    internal bool IsLost => _server is null && Connection?.Core.Status == ConnectionStatus.Lost;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Closes its connection and ends it; it is gone when this completes.</summary>
    internal async Task StopAsync()
    {
        if (Connection is not null)
        {
            await Connection.Core.DisposeAsync().ConfigureAwait(false);
        }

        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }
    }
}
