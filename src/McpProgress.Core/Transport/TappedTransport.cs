using System.Threading.Channels;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>Puts the ordered tap around a transport of the SDK: one loop reads it in sequence.</summary>
internal sealed class TappedTransport : ITransport
{
    /// <summary>Messages read ahead of the SDK. Beyond it the reader waits instead of queueing without bound.</summary>
    internal const int ReadAhead = 1024;

    private readonly ITransport _inner;
    private readonly OrderedTap _tap;
    private readonly Channel<JsonRpcMessage> _messages = NewChannel();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _reading;

    private TappedTransport(ITransport inner, OrderedTap tap)
    {
        _inner = inner;
        _tap = tap;
        _reading = Task.Run(ReadAsync);
    }

    /// <inheritdoc/>
    public string? SessionId => _inner.SessionId;

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => _messages.Reader;

    /// <summary>Wraps the transport that <paramref name="inner"/> connects.</summary>
    public static IClientTransport Around(IClientTransport inner, OrderedTap tap) => new Connector(inner, tap);

    /// <inheritdoc/>
    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        _tap.Sending(message);
        try
        {
            await _inner.SendMessageAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _tap.NotSent(message);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync().ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _closing.Dispose();
    }

    internal static Channel<JsonRpcMessage> NewChannel() => Channel.CreateBounded<JsonRpcMessage>(
        new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    private async Task ReadAsync()
    {
        Exception? error = null;
        try
        {
            await foreach (JsonRpcMessage message in _inner.MessageReader.ReadAllAsync(_closing.Token).ConfigureAwait(false))
            {
                if (!_tap.TryTake(message))
                {
                    await _messages.Writer.WriteAsync(message, _closing.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closed from our side.
        }
        catch (Exception exception)
        {
            // Not lost: the SDK fails every pending request with it.
            error = exception;
        }

        _messages.Writer.TryComplete(error);
    }

    private sealed class Connector(IClientTransport inner, OrderedTap tap) : IClientTransport
    {
        public string Name => inner.Name;

        public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default) =>
            new TappedTransport(await inner.ConnectAsync(cancellationToken).ConfigureAwait(false), tap);
    }
}
