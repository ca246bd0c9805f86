using System.Threading.Channels;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// The answer to one POSTed request: its progress, its log messages and, last, its response. When the client has gone,
/// what still comes is dropped, or kept for its return; whether the call goes on is the session's business.
/// </summary>
internal sealed class PostStream : IRequestStream
{
    // The protocol's own errors become HTTP errors where nothing was sent before them (2026-07-28, Streamable HTTP).
    private const int MethodNotFoundStatus = 404;
    private const int BadRequestStatus = 400;

    // Held while a message is numbered and given to the stream, so that a client's return falls between two messages.
    private readonly object _gate = new();
    private readonly EventStream _own;
    private readonly bool _modern;
    private EventStream _events;
    private bool _answered;

    /// <summary>Makes the answer to a request.</summary>
    /// <param name="session">The session the request belongs to.</param>
    /// <param name="exchange">The exchange to answer.</param>
    /// <param name="id">The request's id.</param>
    /// <param name="modern">Whether the request is of revision 2026-07-28 or later, which gives some errors an HTTP status.</param>
    /// <param name="history">Keeps the events for a client that loses the stream; null where the revision has no way back.</param>
    public PostStream(ClientSession session, HttpExchange exchange, RequestId id, bool modern, EventHistory? history)
    {
        Session = session;
        Id = id;
        _modern = modern;
        History = history;
        _own = _events = new EventStream(exchange, history);
        if (history is not null)
        {
            _own.Begin(history.Priming);
        }
    }

    /// <summary>The request answered here.</summary>
    public RequestId Id { get; }

    /// <summary>Whether the answer was an error.</summary>
    public bool Failed { get; private set; }

    /// <summary>The stream of the request's own exchange.</summary>
    public EventStream Events => _own;

    /// <summary>What a client that lost the stream can have again; null for nothing.</summary>
    public EventHistory? History { get; }

    /// <summary>Whether it was answered, and the answer can be had again because the client was gone.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Called once, when the request is answered.</summary>
    public Action<PostStream>? Answered { get; init; }

    /// <inheritdoc/>
    public string? SessionId => null;

    /// <inheritdoc/>
    public ClientSession Session { get; }

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => throw new NotSupportedException("A response is only written to.");

    /// <inheritdoc/>
    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        var error = message as JsonRpcError;
        var isAnswer = message is JsonRpcResponse or JsonRpcError && ((JsonRpcMessageWithId)message).Id == Id;
        EventStream events;
        Task written;
        lock (_gate)
        {
            events = _events;
            _answered |= isAnswer;
            written = events.Open(error is null ? 200 : StatusOf(error))?.WriteAsync(message) ?? Task.CompletedTask;
        }

        await written.ConfigureAwait(false);
        if (isAnswer)
        {
            Failed = error is not null;
            IsLost = History is not null && events.IsBroken;
            Answered?.Invoke(this);
            events.End();
        }
    }

    /// <inheritdoc/>
    public ValueTask SendProgressAsync(ProgressToken token, ProgressUpdate update)
    {
        lock (_gate)
        {
            return _events.Open()?.WriteProgressAsync(token, update) ?? default;
        }
    }

    /// <summary>Goes on over another exchange, for a client that lost this one: first what it missed, then what comes.</summary>
    /// <param name="events">The stream of that exchange.</param>
    /// <param name="after">The number of the last event it has.</param>
    public void Resume(EventStream events, long after)
    {
        EventStream before;
        lock (_gate)
        {
            before = _events;
            _events = events;
            _ = events.Open()?.WriteRawAsync(History!.After(after));
            if (_answered)
            {
                events.End();
            }
        }

        before.End();
    }

    /// <summary>Ends the stream without an answer, as for a cancelled request.</summary>
    public void End()
    {
        lock (_gate)
        {
            _events.End();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(_own.CloseAsync());

    private int StatusOf(JsonRpcError error) => !_modern ? 200 : (McpErrorCode)error.Error.Code switch
    {
        McpErrorCode.MethodNotFound => MethodNotFoundStatus,
        McpErrorCode.HeaderMismatch or McpErrorCode.MissingRequiredClientCapability or McpErrorCode.UnsupportedProtocolVersion => BadRequestStatus,
        _ => 200,
    };
}
