using System.Net;
using System.Net.Sockets;
using McpProgress.Core.Connections;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>The reference server of the MCP project, <c>@modelcontextprotocol/server-everything</c>, over one transport.</summary>
public abstract class EverythingServer : IAsyncLifetime
{
    private protected static string Script { get; } = Layout.Package("@modelcontextprotocol", "server-everything", "dist", "index.js");

    private ServerConnection? _connection;

    /// <summary>A connection that the tests of a class share.</summary>
    public ServerConnection Connection => _connection ?? throw new InvalidOperationException("Not connected.");

    /// <summary>A connection of its own.</summary>
    public Task<ServerConnection> ConnectAsync() => ServerConnection.ConnectAsync("everything", Endpoint);

    private protected abstract ServerEndpoint Endpoint { get; }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        // The fixture comes to life even where all its tests are skipped.
        if (Node.MissingReason is null)
        {
            await StartAsync();
            _connection = await ConnectAsync();
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await StopAsync();
    }

    private protected virtual Task StartAsync() => Task.CompletedTask;

    private protected virtual Task StopAsync() => Task.CompletedTask;
}

/// <summary>Over stdio: every connection starts its own.</summary>
public sealed class EverythingStdioServer : EverythingServer
{
    private protected override ServerEndpoint Endpoint { get; } = new StdioEndpoint(Node.Path, [Script, "stdio"]);
}

/// <summary>Over Streamable HTTP: one process for all connections.</summary>
public sealed class EverythingHttpServer : EverythingServer
{
    private readonly int _port = FindFreePort();
    private PeerProcess? _process;

    private protected override ServerEndpoint Endpoint => new HttpEndpoint(new Uri($"http://127.0.0.1:{_port}/mcp"));

    /// <summary>The first line the server writes with that text in it.</summary>
    public Task<string> LineWithAsync(string text) => _process!.LineWithAsync(text);

    private protected override async Task StartAsync()
    {
        _process = PeerProcess.Start(Node.Path, [Script, "streamableHttp"], new Dictionary<string, string> { ["PORT"] = $"{_port}" });
        await _process.LineWithAsync($"listening on port {_port}");
    }

    private protected override async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    // The server cannot choose a port itself and say which.
    private static int FindFreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
