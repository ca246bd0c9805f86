using System.Threading.Channels;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// The SDK's view of a session: messages come in by POST; what belongs to no request goes out on the GET stream, if the
/// client has one open.
/// </summary>
/// <param name="sessionId">The session's id; null for a single request of 2026-07-28.</param>
internal sealed class HttpTransport(string? sessionId) : ITransport
{
    private readonly Channel<JsonRpcMessage> _incoming =
        Channel.CreateUnbounded<JsonRpcMessage>(new() { SingleReader = true });

    private EventStream? _events;
    private TaskCompletionSource _attached = NewSource();

    /// <inheritdoc/>
    public string? SessionId => sessionId;

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => _incoming.Reader;

    /// <summary>Hands a message from the client to the server; false when the session has ended.</summary>
    public bool Receive(JsonRpcMessage message) => _incoming.Writer.TryWrite(message);

    /// <summary>Makes a stream the session's GET stream. One that was open ends: a client that comes again has lost it.</summary>
    public void Attach(EventStream events)
    {
        Interlocked.Exchange(ref _events, events)?.End();
        Interlocked.Exchange(ref _attached, NewSource()).TrySetResult();
    }

    /// <summary>Takes a GET stream away, unless another has taken its place.</summary>
    public void Detach(EventStream events) => Interlocked.CompareExchange(ref _events, null, events);

    /// <inheritdoc/>
    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var attached = Volatile.Read(ref _attached).Task;
            if (Volatile.Read(ref _events)?.Open() is { } writer)
            {
                await writer.WriteAsync(message).ConfigureAwait(false);
                return;
            }

            // News that nobody listens to is soon old. A question or an MCPC callback is waited for on the other side:
            // it stays with its sender, who bounds how many there are, until there is a stream or no session.
            if (message is JsonRpcNotification)
            {
                return;
            }

            await attached.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        Interlocked.Exchange(ref _events, null)?.End();
        return default;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
