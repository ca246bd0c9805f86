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
    private readonly SemaphoreSlim _pumping = new(1, 1);
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
            // The failure comes straight from the stream and would overtake the progress that was read from it before.
            await PumpAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync().ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    internal static Channel<JsonRpcMessage> NewChannel() => Channel.CreateBounded<JsonRpcMessage>(
        new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    private async Task ReadAsync()
    {
        Exception? error = null;
        try
        {
            while (await _inner.MessageReader.WaitToReadAsync(_closing.Token).ConfigureAwait(false))
            {
                await PumpAsync().ConfigureAwait(false);
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

    /// <summary>Handles what has arrived so far, in order.</summary>
    private async Task PumpAsync()
    {
        await _pumping.WaitAsync(_closing.Token).ConfigureAwait(false);
        try
        {
            while (_inner.MessageReader.TryRead(out JsonRpcMessage? message))
            {
                if (!_tap.TryTake(message))
                {
                    await _messages.Writer.WriteAsync(message, _closing.Token).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _pumping.Release();
        }
    }

    private sealed class Connector(IClientTransport inner, OrderedTap tap) : IClientTransport
    {
        public string Name => inner.Name;

        public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default) =>
            new TappedTransport(await inner.ConnectAsync(cancellationToken).ConfigureAwait(false), tap);
    }
}
