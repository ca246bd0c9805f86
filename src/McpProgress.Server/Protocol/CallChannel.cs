using System.Text.Json;
using McpProgress.Server.Progress;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>
/// The channel of a plain call: progress as <c>notifications/progress</c> if the request carried a token, log messages
/// as <c>notifications/message</c> if the client asked for that level, both on the request's own stream.
/// </summary>
internal sealed class CallChannel : IToolChannel, IDisposable
{
    private readonly McpServer _server;
    private readonly LoggingLevel? _leastLevel;
    private readonly string _logger;
    private readonly ProgressReporter? _progress;
    private readonly CancellationToken _cancelled;

    /// <summary>Makes the channel of a <c>tools/call</c> request.</summary>
    public CallChannel(RequestContext<CallToolRequestParams> request, ToolServerOptions options, CancellationToken cancelled)
    {
        _server = request.Server;
        _cancelled = cancelled;
        _logger = request.Params!.Name;
        _leastLevel = LeastLevel(request);
        if (request.Params.ProgressToken is { } token)
        {
            _progress = new ProgressReporter(SendProgress(request, token), options.ProgressRate, options.TimeProvider, cancelled);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReportProgressAsync(ProgressUpdate update) => _progress?.ReportAsync(update) ?? default;

    /// <inheritdoc/>
    public async ValueTask LogAsync(LogLevel level, string message)
    {
        var severity = ToWire(level);
        if (_leastLevel is { } least && severity >= least && !_cancelled.IsCancellationRequested)
        {
            await _server.SendNotificationAsync(
                NotificationMethods.LoggingMessageNotification,
                new LoggingMessageNotificationParams { Level = severity, Logger = _logger, Data = JsonSerializer.SerializeToElement(message) },
                cancellationToken: _cancelled).ConfigureAwait(false);
        }
    }

    /// <summary>Sends what progress still waits; afterwards none is sent. The result may follow.</summary>
    public ValueTask CompleteAsync() => _progress?.CompleteAsync() ?? default;

    /// <summary>Drops what still waits, as for a cancelled call.</summary>
    public void Dispose() => _progress?.Dispose();

    // 2026-07-28: the request itself says from which level on, and without that nothing is sent.
    // Before: logging/setLevel says it for the session, and until then nobody asked.
    private static LoggingLevel? LeastLevel(RequestContext<CallToolRequestParams> request)
    {
        var message = request.JsonRpcRequest;
        return ProtocolVersions.IsModern(message, request.Server.NegotiatedProtocolVersion)
            ? message.Context?.LogLevel
            : request.Server.LoggingLevel;
    }

    private static LoggingLevel ToWire(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => LoggingLevel.Debug,
        LogLevel.Information => LoggingLevel.Info,
        LogLevel.Warning => LoggingLevel.Warning,
        LogLevel.Error => LoggingLevel.Error,
        _ => LoggingLevel.Critical,
    };

    private static Func<ProgressUpdate, ValueTask> SendProgress(RequestContext<CallToolRequestParams> request, ProgressToken token) =>
        request.JsonRpcRequest.Context?.RelatedTransport is IProgressSender sender
            ? update => sender.SendProgressAsync(token, update)
            : throw new InvalidOperationException("Tools are served over this library's own transports only.");
}
