using McpProgress.Core.Connections;
using McpProgress.PowerShell.ProgressServer;

namespace McpProgress;

/// <summary>A progress server that <c>Start-McpProgressServer</c> started.</summary>
public sealed class McpProgressServer
{
    private readonly HttpServerProcess? _process;

    internal McpProgressServer(McpConnection connection)
        : this(connection.Name) => Connection = connection;

    internal McpProgressServer(string name, HttpServerProcess process)
        : this(name) => _process = process;

    private McpProgressServer(string name) => Name = name;

    /// <summary>The name to stop it by; that of its connection, when it was started with one.</summary>
    public string Name { get; }

    /// <summary><c>Stdio</c> or <c>Http</c>.</summary>
    public string Transport => _process is null ? "Stdio" : "Http";

    /// <summary>Where clients connect; empty for stdio.</summary>
    public Uri? Uri => _process?.Uri;

    /// <summary>The TCP port it listens on; empty for stdio.</summary>
    public int? Port => _process?.Uri.Port;

    /// <summary>The id of its process.</summary>
    public int? ProcessId => _process?.Id ?? Connection?.ProcessId;

    /// <summary><c>Running</c>; <c>Exited</c> when it ended by itself; <c>Stopped</c> when it was told to.</summary>
    public string Status =>
        IsClosed ? "Stopped"
        : _process?.HasExited ?? Connection?.Core.Status == ConnectionStatus.Lost ? "Exited"
        : "Running";

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.Now;

    /// <summary>The connection it was started with.</summary>
    internal McpConnection? Connection { get; set; }

    /// <summary>Whether it was stopped from here.</summary>
    internal bool IsClosed => _process?.IsClosed ?? Connection?.Core.Status == ConnectionStatus.Closed;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Closes its connection and ends its process, which has gone when this completes.</summary>
    internal async Task StopAsync()
    {
        if (Connection is not null)
        {
            await Connection.Core.DisposeAsync().ConfigureAwait(false);
        }

        if (_process is not null)
        {
            await _process.DisposeAsync().ConfigureAwait(false);
        }
    }
}
