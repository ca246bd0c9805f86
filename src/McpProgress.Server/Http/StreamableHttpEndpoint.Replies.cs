using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <content>The answers that are not streams.</content>
public sealed partial class StreamableHttpEndpoint
{
    // Not in the specification; the code the other SDKs use.
    private const int SessionNotFound = -32001;

    // JSON-RPC's general server error, for what has no code of its own.
    private const int ServerError = -32000;

    private static Task RefuseMethodAsync(HttpExchange exchange, string allowed)
    {
        exchange.SetHeader("Allow", allowed);
        return RefuseAsync(exchange, 405, $"Method Not Allowed: use {allowed}.");
    }

    // 404 tells a client of any revision with sessions to initialize anew.
    private static Task RefuseUnknownSessionAsync(HttpExchange exchange, RequestId id) =>
        RefuseAsync(exchange, 404, "Not Found: there is no such session; say initialize again.", id, (McpErrorCode)SessionNotFound);

    private static Task RefuseAsync(
        HttpExchange exchange, int status, string reason, RequestId id = default, McpErrorCode code = (McpErrorCode)ServerError) =>
        RefuseAsync(exchange, status, new JsonRpcErrorDetail { Code = (int)code, Message = reason }, id);

    private static async Task RefuseAsync(HttpExchange exchange, int status, JsonRpcErrorDetail detail, RequestId id)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new JsonRpcError { Id = id, Error = detail }, ErrorType);
        exchange.SetStatus(status);
        exchange.SetHeader("Content-Type", "application/json");

        // The answer is whole for a client that goes on sending, and it knows that this leads nowhere.
        exchange.SetHeader("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        if (!exchange.Body.DiscardArrived())
        {
            exchange.SetHeader("Connection", "close");
        }

        // Not every web server keeps it back: a client would take it for the beginning of the next answer (RFC 9110, 9.3.2).
        if (exchange.Method != "HEAD")
        {
            await exchange.ResponseBody.WriteAsync(body, exchange.Aborted).ConfigureAwait(false);
        }
    }

    // A missing header accepts everything (RFC 9110, 12.5.1), so a bare curl gets an answer.
    private static bool Accepts(HttpExchange exchange, string mediaType) =>
        exchange.RequestHeader("Accept") is not { Length: > 0 } accept ||
        accept.Split(',').Select(range => range.Split(';')[0].Trim()).Any(range =>
            range == "*/*" ||
            range.Equals(mediaType, StringComparison.OrdinalIgnoreCase) ||
            (range.EndsWith("/*", StringComparison.Ordinal) && mediaType.StartsWith(range[..^1], StringComparison.OrdinalIgnoreCase)));

    // The request that a message cancels; null when it cancels none.
    private static RequestId? CancelledId(JsonRpcMessage message) =>
        message is JsonRpcNotification { Method: NotificationMethods.CancelledNotification, Params: JsonObject cancelled } && cancelled["requestId"] is JsonValue id
            ? id.TryGetValue(out string? text) ? new RequestId(text) : id.TryGetValue(out long number) ? new RequestId(number) : null
            : null;

    [LoggerMessage(Level = LogLevel.Debug, Message = "A {Method} ended before its answer: {Reason}")]
    private static partial void LogGone(ILogger logger, string method, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a request with {Status}: {Reason}")]
    private static partial void LogRefused(ILogger logger, int status, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a body that is not a JSON-RPC message: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string reason);
}
