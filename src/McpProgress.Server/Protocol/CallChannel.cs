using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Progress;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>
/// The channel of a plain call: progress as <c>notifications/progress</c> if the request carried a token, log messages
/// as <c>notifications/message</c> if the client asked for that level, questions as requests, all on the
/// request's own stream.
/// </summary>
internal sealed class CallChannel : IToolChannel, IDisposable
{
    private readonly IncomingRequest _request;
    private readonly string _tool;
    private readonly LoggingLevel? _leastLevel;
    private readonly ProgressReporter? _progress;
    private readonly CancellationToken _cancelled;
    private readonly McpcPlainAnswer _answer;

    /// <summary>Makes the channel of a <c>tools/call</c> request.</summary>
    public CallChannel(IncomingRequest request, string tool, ToolServerOptions options, CancellationToken cancelled)
    {
        _request = request;
        _tool = tool;
        _cancelled = cancelled;
        _answer = new McpcPlainAnswer(tool);
        _leastLevel = request.LeastLogLevel;
        if (request.ProgressToken is { } token)
        {
            _progress = new ProgressReporter(
                update => request.Stream.SendProgressAsync(token, update), options.ProgressRate, options.TimeProvider, cancelled);
        }
    }

    /// <inheritdoc/>
    public ChannelReader<JsonElement> Updates => NoUpdates.Reader;

    /// <inheritdoc/>
    public ValueTask ReportProgressAsync(ProgressUpdate update) => _progress?.ReportAsync(update) ?? default;

    /// <inheritdoc/>
    public async ValueTask LogAsync(LogLevel level, string message)
    {
        var severity = LogLevels.ToWire(level);
        if (_leastLevel is { } least && severity >= least && !_cancelled.IsCancellationRequested)
        {
            var notification = new JsonRpcNotification
            {
                Method = NotificationMethods.LoggingMessageNotification,
                Params = JsonSerializer.SerializeToNode(LogLevels.ToParameters(_tool, severity, message, _request.ProgressToken, taskId: null), McpJsonUtilities.DefaultOptions),
            };
            await _request.SendAsync(notification, _cancelled).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask SendUpdateAsync(JsonNode? result)
    {
        _answer.Add(result);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask SendServerEventAsync(string name, JsonNode? result) => _request.Session.Mcpc.SendServerEventAsync(name, result, _cancelled);

    /// <inheritdoc/>
    public bool Takes(ToolQuestion question) => question.IsTakenBy(_request.Client);

    /// <inheritdoc/>
    public Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken) =>
        questions.FirstOrDefault(question => !Takes(question)) is { } refused
            ? throw ClientRequests.Unable(_tool, refused)
            : ClientRequests.AskAsync(_request.Server, questions, taskId: null, cancellationToken);

    /// <summary>What the call is answered with.</summary>
    public ToolResult AnswerOf(ToolResult result) => _answer.With(result);

    /// <summary>Sends what progress still waits; afterwards none is sent. The result may follow.</summary>
    public ValueTask CompleteAsync() => _progress?.CompleteAsync() ?? default;

    /// <summary>Drops what still waits, as for a cancelled call.</summary>
    public void Dispose() => _progress?.Dispose();
}
