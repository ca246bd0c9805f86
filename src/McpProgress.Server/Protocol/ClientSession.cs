using McpProgress.Server.Mcpc;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>
/// One client's connection, beyond single requests: what belongs to no request goes out here, over stdio on the only
/// stream there is, over HTTP on the session's GET stream.
/// </summary>
internal sealed class ClientSession : IAsyncDisposable
{
    /// <summary>Joins an SDK server to what a session needs beside it.</summary>
    /// <param name="server">The SDK's server of the session.</param>
    /// <param name="transport">The session's own way out.</param>
    /// <param name="options">What is served.</param>
    /// <param name="isSingleRequest">Whether the session is one HTTP request of 2026-07-28, which nothing outlives.</param>
    public ClientSession(McpServer server, ITransport transport, ToolServerOptions options, bool isSingleRequest)
    {
        Server = server;
        Transport = transport;
        IsSingleRequest = isSingleRequest;
        Mcpc = new McpcSession(this, options);
    }

    /// <summary>The SDK's server, for requests to the client that belong to no call.</summary>
    public McpServer Server { get; }

    /// <summary>The session's own way out.</summary>
    public ITransport Transport { get; }

    /// <summary>Whether nothing outlives the request.</summary>
    public bool IsSingleRequest { get; }

    /// <summary>The MCP Callback Protocol on this connection.</summary>
    public McpcSession Mcpc { get; }

    /// <summary>Sends a log message of a task, if the client asked for this level (revisions up to 2025-11-25).</summary>
    public async ValueTask LogAsync(string logger, LogLevel level, string message, ProgressToken? token, string taskId, CancellationToken cancelled)
    {
        var severity = LogLevels.ToWire(level);
        if (Server.LoggingLevel is { } least && severity >= least && !cancelled.IsCancellationRequested)
        {
            await Server.SendNotificationAsync(
                NotificationMethods.LoggingMessageNotification, LogLevels.ToParameters(logger, severity, message, token, taskId), cancellationToken: cancelled).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Mcpc.DisposeAsync();
}
