using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <content>The bodies of requests, and what becomes of those that do not come.</content>
public sealed partial class StreamableHttpEndpoint
{
    // Closing while the client still sends resets the connection, and the answer may be lost with it (RFC 9112, 9.6).
    internal static readonly TimeSpan BodyPatience = TimeSpan.FromSeconds(5);

    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    // Null when the request was refused. The memory of the body is free again once it is read, however long the call takes.
    private async ValueTask<JsonRpcMessage?> ReadMessageAsync(HttpExchange exchange)
    {
        using var store = new BodyStore(_bodies, _http.MaxBodyBytes);
        switch (await ReadBodyAsync(exchange, store).ConfigureAwait(false))
        {
            case null:
                await RefuseAsync(exchange, 408, "Request Timeout: the body did not come in time.").ConfigureAwait(false);
                return null;
            case BodyOutcome.TooLarge:
                await RefuseAsync(exchange, 413, $"Content Too Large: a message may have {_http.MaxBodyBytes} bytes.").ConfigureAwait(false);
                return null;
            case BodyOutcome.NoRoom:
                exchange.SetHeader("Retry-After", "10");
                await RefuseAsync(exchange, 503, "Service Unavailable: too many large messages are on their way.").ConfigureAwait(false);
                return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(store.Bytes, MessageType) is { } message)
            {
                return message;
            }
        }
        catch (JsonException failure)
        {
            LogUnreadable(_logger, failure.Message);
        }

        await RefuseAsync(exchange, 400, "Bad Request: the body is not a JSON-RPC message.", code: McpErrorCode.ParseError).ConfigureAwait(false);
        return null;
    }

    // Null when it took too long.
    private async ValueTask<BodyOutcome?> ReadBodyAsync(HttpExchange exchange, BodyStore store)
    {
        using var late = new CancellationTokenSource(_http.BodyTimeout, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, exchange.Aborted, _stopping.Token);
        try
        {
            return await exchange.Body.ReadAsync(store, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !exchange.Aborted.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    // Web servers read away what is left of a request, to get at the next one: some on a thread that waits, and for as
    // long as the client likes. What is left does not get that far.
    private async ValueTask FinishBodyAsync(HttpExchange exchange)
    {
        if (exchange.Body.DiscardArrived())
        {
            return;
        }

        using var patience = new CancellationTokenSource(BodyPatience, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, exchange.Aborted, _stopping.Token);
        if (!await exchange.Body.DiscardAsync(end.Token).ConfigureAwait(false))
        {
            exchange.Drop();
        }
    }
}
