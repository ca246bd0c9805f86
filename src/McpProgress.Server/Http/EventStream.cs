using McpProgress.Server.Protocol;

namespace McpProgress.Server.Http;

/// <summary>An HTTP response that is a stream of server-sent events; its headers go out with the first one.</summary>
/// <param name="exchange">The exchange; nothing here touches it once <see cref="CloseAsync"/> has completed.</param>
internal sealed class EventStream(HttpExchange exchange)
{
    private readonly object _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MessageWriter? _writer;
    private bool _closed;

    /// <summary>Completes when the stream is to be closed: its work is done or its reader has gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The writer of the stream; null once it is closed. The first call sends nothing yet but fixes the headers.</summary>
    /// <param name="status">The status code, if this is the first call.</param>
    public MessageWriter? Open(int status = 200)
    {
        lock (_gate)
        {
            if (_closed || _writer is not null)
            {
                return _closed ? null : _writer;
            }

            exchange.SetStatus(status);
            exchange.SetHeader("Content-Type", "text/event-stream");
            exchange.SetHeader("Cache-Control", "no-cache,no-store");
            exchange.SetHeader("X-Accel-Buffering", "no");
            return _writer = new MessageWriter(exchange.ResponseBody, MessageFraming.ServerSentEvent, _ => End());
        }
    }

    /// <summary>
    /// Sends a comment, which readers skip. It carries the headers to a client that waits for them, keeps proxies from
    /// closing a quiet stream, and finds out whether anybody still reads.
    /// </summary>
    public Task KeepAliveAsync() => Open()?.WriteRawAsync(": alive\n\n"u8) ?? Task.CompletedTask;

    /// <summary>Asks for the stream to be closed.</summary>
    public void End() => _ended.TrySetResult();

    /// <summary>Writes out what was given and lets go of the exchange.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        End();
        return _writer?.CloseAsync() ?? Task.CompletedTask;
    }
}
