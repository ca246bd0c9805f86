using McpProgress.Server.Protocol;

namespace McpProgress.Server.Http;

/// <summary>An HTTP response that is a stream of server-sent events; its headers go out with the first one.</summary>
/// <param name="exchange">The exchange; nothing here touches it once <see cref="CloseAsync"/> has completed.</param>
/// <param name="history">Numbers and keeps the events, for a client that loses the stream; null for nothing.</param>
internal sealed class EventStream(HttpExchange exchange, EventHistory? history = null)
{
    private readonly object _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A web server may take what is written for a reader who has gone, without a word.
    private readonly CancellationToken _aborted = exchange.Aborted;
    private MessageWriter? _writer;
    private bool _closed;
    private bool _isRefusal;
    private volatile bool _broken;
    private byte[]? _first;

    /// <summary>Whether its reader has gone, as far as the web server and writing found out.</summary>
    public bool IsBroken => _broken || _aborted.IsCancellationRequested;

    /// <summary>Completes when the stream is to be closed: its work is done or its reader has gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Sets bytes that go out before the first message, with it.</summary>
    public void Begin(byte[] first) => _first = first;

    /// <summary>
    /// The writer of the stream; null once it is closed, unless what comes then is kept. The first call sends nothing yet but
    /// fixes the headers.
    /// </summary>
    /// <param name="status">The status code, if this is the first call.</param>
    public MessageWriter? Open(int status = 200)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return history is null ? null : _writer ??= Closed(history);
            }

            if (_writer is not null)
            {
                return _writer;
            }

            exchange.SetStatus(status);
            if (status >= 400)
            {
                // Clients do not look for events in a refusal: it is the one message it carries.
                _isRefusal = true;
                exchange.SetHeader("Content-Type", "application/json");
                return _writer = new MessageWriter(exchange.ResponseBody, MessageFraming.Line, _ => Break());
            }

            exchange.SetHeader("Content-Type", "text/event-stream");
            exchange.SetHeader("Cache-Control", "no-cache,no-store");
            exchange.SetHeader("X-Accel-Buffering", "no");
            return _writer = new MessageWriter(exchange.ResponseBody, MessageFraming.ServerSentEvent, _ => Break(), history, _first);
        }
    }

    /// <summary>
    /// Sends a comment, which readers skip. It carries the headers to a client that waits for them, keeps proxies from
    /// closing a quiet stream, and finds out whether anybody still reads. A refusal has no place for one.
    /// </summary>
    public Task KeepAliveAsync() => Open() is { } writer && !_isRefusal ? writer.WriteRawAsync(": alive\n\n"u8) : Task.CompletedTask;

    /// <summary>Asks for the stream to be closed.</summary>
    public void End() => _ended.TrySetResult();

    /// <summary>Writes out what was given and lets go of the exchange.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            _broken |= !_ended.Task.IsCompleted;
        }

        End();
        return _writer?.CloseAsync() ?? Task.CompletedTask;
    }

    private static MessageWriter Closed(EventHistory history)
    {
        var writer = new MessageWriter(Stream.Null, MessageFraming.ServerSentEvent, static _ => { }, history);
        _ = writer.CloseAsync(); // Nothing is being written, so it is closed at once.
        return writer;
    }

    private void Break()
    {
        _broken = true;
        End();
    }
}
