using System.Threading.Channels;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// The answer to one POSTed request: its progress, its log messages and, last, its response. When the client has gone,
/// what still comes is dropped; whether the call goes on is the session's business.
/// </summary>
/// <param name="session">The session the request belongs to.</param>
/// <param name="exchange">The exchange to answer.</param>
/// <param name="id">The request's id.</param>
/// <param name="modern">Whether the request is of revision 2026-07-28 or later, which gives some errors an HTTP status.</param>
internal sealed class PostStream(ClientSession session, HttpExchange exchange, RequestId id, bool modern) : IRequestStream
{
    // The protocol's own errors become HTTP errors where nothing was sent before them (2026-07-28, Streamable HTTP).
    private const int MethodNotFoundStatus = 404;
    private const int BadRequestStatus = 400;

    private readonly EventStream _events = new(exchange);

    /// <summary>The request answered here.</summary>
    public RequestId Id => id;

    /// <summary>Whether the answer was an error.</summary>
    public bool Failed { get; private set; }

    /// <summary>The stream it goes out on.</summary>
    public EventStream Events => _events;

    /// <summary>Called once, when the request is answered.</summary>
    public Action<PostStream>? Answered { get; init; }

    /// <inheritdoc/>
    public string? SessionId => null;

    /// <inheritdoc/>
    public ClientSession Session => session;

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => throw new NotSupportedException("A response is only written to.");

    /// <inheritdoc/>
    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        var error = message as JsonRpcError;
        if (_events.Open(error is null ? 200 : StatusOf(error)) is { } writer)
        {
            await writer.WriteAsync(message).ConfigureAwait(false);
        }

        if (message is JsonRpcResponse or JsonRpcError && ((JsonRpcMessageWithId)message).Id == id)
        {
            Failed = error is not null;
            Answered?.Invoke(this);
            _events.End();
        }
    }

    /// <inheritdoc/>
    public ValueTask SendProgressAsync(ProgressToken token, ProgressUpdate update) =>
        _events.Open()?.WriteProgressAsync(token, update) ?? default;

    /// <summary>Ends the stream without an answer, as for a cancelled request.</summary>
    public void End() => _events.End();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(_events.CloseAsync());

    private int StatusOf(JsonRpcError error) => !modern ? 200 : (McpErrorCode)error.Error.Code switch
    {
        McpErrorCode.MethodNotFound => MethodNotFoundStatus,
        McpErrorCode.HeaderMismatch or McpErrorCode.MissingRequiredClientCapability or McpErrorCode.UnsupportedProtocolVersion => BadRequestStatus,
        _ => 200,
    };
}
