using System.Net;
using McpProgress.Core;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tasks;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>Tools served over HTTP in the background of this process, on the runtime's own listener.</summary>
internal sealed class InProcessHttpServer : IRunningServer
{
    private readonly HttpListenerHost _host;
    private readonly IDisposable? _owned;
    private readonly ITaskStore _tasks;

    private InProcessHttpServer(HttpListenerHost host, IDisposable? owned, ITaskStore tasks)
    {
        _host = host;
        _owned = owned;
        _tasks = tasks;
    }

    /// <inheritdoc/>
    public Uri Uri => new(_host.Url);

    /// <inheritdoc/>
    public int Id => Environment.ProcessId;

    /// <inheritdoc/>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public bool HasExited => IsClosed;

    /// <summary>Starts serving.</summary>
    /// <param name="tools">What is served; its store of tasks is closed with the server, once that has started.</param>
    /// <param name="owned">What is disposed with the server, once it has started; null for nothing.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="token">The bearer token clients must carry; null for none.</param>
    /// <param name="loggers">The server's log.</param>
    /// <exception cref="McpFailureException">McpServerStartFailed.</exception>
    public static InProcessHttpServer Start(ToolServerOptions tools, IDisposable? owned, int port, string? token, ILoggerFactory loggers)
    {
        try
        {
            return new(HttpListenerHost.Start(tools, new HttpServerOptions { Token = token }, port, loggers), owned, tools.Tasks.Store);
        }
        catch (HttpListenerException failure)
        {
            throw StartFailures.PortInUse(port, failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            await _host.DisposeAsync().ConfigureAwait(false);
            _owned?.Dispose();
            await TaskFile.CloseAsync(_tasks).ConfigureAwait(false);
        }
    }
}
