using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Server.Host;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>The client half of this project, connected to a server over HTTP or, as a process of its own, over stdio.</summary>
internal sealed class CoreClient : IAsyncDisposable
{
    private readonly KestrelHost? _host;

    private CoreClient(ServerConnection connection, KestrelHost? host)
    {
        Connection = connection;
        _host = host;
    }

    public ServerConnection Connection { get; }

    public BackgroundTasks Background { get; } = new(registry: null);

    public static async Task<CoreClient> OverHttpAsync(ToolServerOptions options, string revision)
    {
        var host = await KestrelHost.StartAsync(options, new HttpServerOptions(), port: 0, NullLoggerFactory.Instance);
        var connection = await ServerConnection.ConnectAsync("test", new HttpEndpoint(new Uri(host.Url)), new ConnectionOptions { ProtocolVersion = revision }).Soon();
        return new CoreClient(connection, host);
    }

    public static async Task<CoreClient> OverStdioAsync(string revision, params string[] options)
    {
        var endpoint = new StdioEndpoint("dotnet", [Path.Combine(AppContext.BaseDirectory, "mcpprogress-server.dll"), "stdio", .. options]);
        return new CoreClient(await ServerConnection.ConnectAsync("test", endpoint, new ConnectionOptions { ProtocolVersion = revision }).Soon(), null);
    }

    public async Task<BackgroundTask> StartAsync(string tool, string arguments, BackgroundKind? kind = null, InputResponder? responder = null)
    {
        var found = (await Connection.GetToolsAsync().Soon()).Single(candidate => candidate.Name == tool);
        return await Background.StartAsync(
            Connection, new BackgroundRequest(found, (JsonObject)JsonNode.Parse(arguments)!) { Kind = kind, InputResponder = responder }).Soon();
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
