using System.Net;
using McpProgress.Core;
using McpProgress.PowerShell.ProgressServer;
using McpProgress.Server.Http;
using Microsoft.Extensions.Logging;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Published commands, served over HTTP in the background of this process on the runtime's own listener.</summary>
internal sealed class PublishedHttpServer : IRunningServer
{
    private readonly HttpListenerHost _host;
    private readonly Publication _publication;

    private PublishedHttpServer(HttpListenerHost host, Publication publication)
    {
        _host = host;
        _publication = publication;
    }

    /// <inheritdoc/>
    public Uri Uri => new(_host.Url);

    /// <inheritdoc/>
    public int Id => Environment.ProcessId;

    /// <inheritdoc/>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public bool HasExited => IsClosed;

    /// <summary>Starts serving. The publication is the server's from then on.</summary>
    /// <param name="publication">What is served.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="token">The bearer token clients must carry; null for none.</param>
    /// <param name="loggers">The server's log.</param>
    /// <exception cref="McpFailureException">McpServerStartFailed.</exception>
    public static PublishedHttpServer Start(Publication publication, int port, string? token, ILoggerFactory loggers)
    {
        try
        {
            return new(HttpListenerHost.Start(publication.ToServerOptions(), new HttpServerOptions { Token = token }, port, loggers), publication);
        }
        catch (HttpListenerException failure)
        {
            throw new McpFailureException(
                ErrorIds.ServerStartFailed, $"Cannot listen on port {port}: {failure.Message} Choose another one with -Port; 0 takes a free one.", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            await _host.DisposeAsync().ConfigureAwait(false);
            _publication.Dispose();
        }
    }
}
