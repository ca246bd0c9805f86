using System.Text.Json.Serialization.Metadata;
using McpProgress.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// MCP over Streamable HTTP at <c>/mcp</c>, whatever web server carries it: sessions with POST, GET and DELETE for
/// clients that say <c>initialize</c> (up to 2025-11-25), single requests without a session for 2026-07-28.
/// </summary>
/// <remarks>
/// A client that closes the response cancels its call on 2026-07-28. Before, a disconnect is not a cancellation: the
/// call runs on; on 2025-11-25 the client can come back for its answer (<c>Last-Event-ID</c>), before it is lost.
/// </remarks>
public sealed partial class StreamableHttpEndpoint : IAsyncDisposable
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>The path of the endpoint; it also answers with a slash at the end.</summary>
    public const string Path = "/mcp";

    // Long enough for an immediate protocol error to choose the HTTP status, short enough for clients that wait for
    // the headers of a long call.
    private static readonly TimeSpan HeaderGrace = TimeSpan.FromMilliseconds(250);

    // Where only writing finds out that a client has gone, a cancelled call runs on for about twice this long.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private static readonly JsonTypeInfo<JsonRpcError> ErrorType =
        (JsonTypeInfo<JsonRpcError>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcError));

    private readonly HttpServerOptions _http;
    private readonly ToolProtocol _protocol;
    private readonly RequestGuard _guard;
    private readonly HeaderRules _headers;
    private readonly BodyBudget _bodies;
    private readonly SessionTable _sessions;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Makes an endpoint; a web server hands it exchanges.</summary>
    /// <param name="tools">What is served.</param>
    /// <param name="http">How it is served.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <exception cref="ArgumentException">The options let other machines in without a token.</exception>
    public StreamableHttpEndpoint(ToolServerOptions tools, HttpServerOptions http, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(http);
        http.Validate();
        _http = http;
        _logger = loggers.CreateLogger("McpProgress.Server.Http");
        _time = tools.TimeProvider;
        _protocol = new ToolProtocol(tools, loggers);
        _guard = new RequestGuard(http);
        _headers = new HeaderRules(tools.Tools);
        _bodies = new BodyBudget(Math.Max(http.MaxBodyBytesAtOnce, 2L * http.MaxBodyBytes));
        _sessions = new SessionTable(http, _protocol, loggers, _time);
    }

    /// <summary>How many sessions there are.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>Answers one request. Nothing touches the exchange once this has completed.</summary>
    /// <param name="exchange">The request and its response.</param>
    public async Task HandleAsync(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        try
        {
            await RouteAsync(exchange).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException || (end is IOException && exchange.Aborted.IsCancellationRequested))
        {
            // The client has gone in the middle of it, or the server is stopping: there is nobody to answer.
            LogGone(_logger, exchange.Method, end.Message);
        }

        await FinishBodyAsync(exchange).ConfigureAwait(false);
    }

    /// <summary>Takes no more requests, ends the streams and cancels what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _sessions.DisposeAsync().ConfigureAwait(false);
        await _protocol.DisposeAsync().ConfigureAwait(false);
    }

    private Task RouteAsync(HttpExchange exchange)
    {
        if (exchange.Path is not (Path or Path + "/"))
        {
            return RefuseAsync(exchange, 404, $"Not Found: the MCP endpoint is {Path}.");
        }

        if (_guard.Check(exchange) is { } refusal)
        {
            LogRefused(_logger, refusal.Status, refusal.Reason);
            if (refusal.Status == 401)
            {
                exchange.SetHeader("WWW-Authenticate", "Bearer");
            }

            return RefuseAsync(exchange, refusal.Status, refusal.Reason);
        }

        if (_stopping.IsCancellationRequested)
        {
            return RefuseAsync(exchange, 503, "Service Unavailable: the server is stopping.");
        }

        return exchange.Method switch
        {
            "POST" => PostAsync(exchange),
            "GET" or "DELETE" => GetOrDeleteAsync(exchange),
            _ => RefuseMethodAsync(exchange, "GET, POST, DELETE"),
        };
    }

    private async Task PostAsync(HttpExchange exchange)
    {
        if (!Accepts(exchange, "application/json") || !Accepts(exchange, "text/event-stream"))
        {
            await RefuseAsync(exchange, 406, "Not Acceptable: accept both application/json and text/event-stream.").ConfigureAwait(false);
            return;
        }

        if (exchange.RequestHeader("Content-Type")?.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await RefuseAsync(exchange, 415, "Unsupported Media Type: send application/json.").ConfigureAwait(false);
            return;
        }

        if (await ReadMessageAsync(exchange).ConfigureAwait(false) is not { } message)
        {
            return;
        }

        var id = (message as JsonRpcRequest)?.Id ?? default;
        JsonRpcErrorDetail? detail;
        RequestId? cancelledId;
        try
        {
            detail = _headers.Check(exchange, message);
            cancelledId = CancelledId(message);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException)
        {
            // A message is read only where somebody looks: a doubled member, or half a character, shows no sooner than here.
            LogUnreadable(_logger, failure.Message);
            await RefuseAsync(exchange, 400, "Bad Request: the message has a member twice, or half a Unicode character (a lone surrogate).", id, McpErrorCode.InvalidRequest).ConfigureAwait(false);
            return;
        }

        if (detail is not null)
        {
            await RefuseAsync(exchange, 400, detail, id).ConfigureAwait(false);
            return;
        }

        var version = exchange.RequestHeader(HeaderRules.ProtocolVersion);

        // A session has the revision it agreed on: a header that says another one is a client's slip that changes nothing.
        message.Context = new() { ProtocolVersion = ProtocolVersions.IsModern(version) ? version : null };
        await (ProtocolVersions.IsModern(version) ? PostModernAsync(exchange, message) : PostInSessionAsync(exchange, message, cancelledId)).ConfigureAwait(false);
    }

    // 2026-07-28: a request is a session of its own, and ends with its response, however that ends.
    private async Task PostModernAsync(HttpExchange exchange, JsonRpcMessage message)
    {
        if (message is not JsonRpcRequest request)
        {
            exchange.SetStatus(202);
            return;
        }

        var session = new HttpSession(id: null, _protocol, _time);
        await using (session.ConfigureAwait(false))
        {
            await CallAsync(exchange, session, request).ConfigureAwait(false);
        }
    }

    private async Task PostInSessionAsync(HttpExchange exchange, JsonRpcMessage message, RequestId? cancelledId)
    {
        if (message is JsonRpcRequest { Method: RequestMethods.Initialize } initialize)
        {
            await InitializeAsync(exchange, initialize).ConfigureAwait(false);
            return;
        }

        var id = (message as JsonRpcRequest)?.Id ?? default;
        if (await FindSessionAsync(exchange, id).ConfigureAwait(false) is not { } session)
        {
            return;
        }

        if (message is JsonRpcRequest request)
        {
            await CallAsync(exchange, session, request).ConfigureAwait(false);
            return;
        }

        if (!session.Transport.Receive(message))
        {
            await RefuseUnknownSessionAsync(exchange, id).ConfigureAwait(false);
            return;
        }

        if (cancelledId is { } cancelled)
        {
            session.Abandon(cancelled);
        }

        exchange.SetStatus(202);
    }

    private async Task InitializeAsync(HttpExchange exchange, JsonRpcRequest initialize)
    {
        if (_sessions.TryCreate() is not { } session)
        {
            exchange.SetHeader("Retry-After", "10");
            await RefuseAsync(exchange, 503, "Service Unavailable: there are too many sessions.", initialize.Id).ConfigureAwait(false);
            return;
        }

        exchange.SetHeader(HeaderRules.SessionId, session.Id!);
        if (!await CallAsync(exchange, session, initialize).ConfigureAwait(false))
        {
            await _sessions.EndAsync(session.Id!).ConfigureAwait(false);
        }
    }

    // True when the request was answered with a result, or may still be.
    private async Task<bool> CallAsync(HttpExchange exchange, HttpSession session, JsonRpcRequest request)
    {
        if (session.TryBegin(exchange, request.Id) is not { } answer)
        {
            await RefuseAsync(exchange, 400, $"Bad Request: a request with the id '{request.Id}' is running.", request.Id, McpErrorCode.InvalidRequest).ConfigureAwait(false);
            return false;
        }

        await using (answer.ConfigureAwait(false))
        {
            request.Context!.RelatedTransport = answer;
            if (session.Ended.IsCancellationRequested || !session.Transport.Receive(request))
            {
                // It has ended since it was found.
                session.Abandon(request.Id);
                await RefuseUnknownSessionAsync(exchange, request.Id).ConfigureAwait(false);
                return false;
            }

            await HoldAsync(exchange, session, answer.Events, HeaderGrace).ConfigureAwait(false);
            return !answer.Failed;
        }
    }

    // Keeps a stream open until its work is done, its client is gone, its session is over or the server stops.
    private async Task HoldAsync(HttpExchange exchange, HttpSession session, EventStream events, TimeSpan firstSign)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted, session.Ended, _stopping.Token);
        var wait = firstSign;
        while (await Task.WhenAny(events.Ended, Task.Delay(wait, _time, end.Token)).ConfigureAwait(false) != events.Ended)
        {
            end.Token.ThrowIfCancellationRequested();
            wait = exchange.TellsAborted ? _http.KeepAliveInterval : ProbeInterval;
            await events.KeepAliveAsync().WaitAsync(end.Token).ConfigureAwait(false);
        }

        await end.CancelAsync().ConfigureAwait(false);
    }

    private async Task GetOrDeleteAsync(HttpExchange exchange)
    {
        var version = exchange.RequestHeader(HeaderRules.ProtocolVersion);
        if (HeaderRules.CheckVersion(version) is { } unsupported)
        {
            await RefuseAsync(exchange, 400, unsupported, default).ConfigureAwait(false);
            return;
        }

        if (ProtocolVersions.IsModern(version))
        {
            await RefuseMethodAsync(exchange, "POST").ConfigureAwait(false);
            return;
        }

        if (await FindSessionAsync(exchange, default).ConfigureAwait(false) is not { } session)
        {
            return;
        }

        if (exchange.Method == "DELETE")
        {
            await _sessions.EndAsync(session.Id!).ConfigureAwait(false);
            exchange.SetStatus(200);
        }
        else if (!Accepts(exchange, "text/event-stream"))
        {
            await RefuseAsync(exchange, 406, "Not Acceptable: accept text/event-stream.").ConfigureAwait(false);
        }
        else if (exchange.RequestHeader(LastEventId) is { Length: > 0 } last)
        {
            await ResumeAsync(exchange, session, last).ConfigureAwait(false);
        }
        else
        {
            await StreamAsync(exchange, session).ConfigureAwait(false);
        }
    }

    // A client that lost the response to a request comes for the rest (2025-11-25, resumability).
    private async Task ResumeAsync(HttpExchange exchange, HttpSession session, string lastEventId)
    {
        if (EventHistory.Parse(lastEventId) is not { } last || session.FindStream(last.Stream) is not { } answer)
        {
            await RefuseAsync(exchange, 400, $"Bad Request: there is nothing to resume after the event '{lastEventId}'.").ConfigureAwait(false);
            return;
        }

        var events = new EventStream(exchange, answer.History);
        session.StreamOpened();
        try
        {
            answer.Resume(events, last.Number);
            await HoldAsync(exchange, session, events, firstSign: TimeSpan.Zero).ConfigureAwait(false);
        }
        finally
        {
            await events.CloseAsync().ConfigureAwait(false);
            session.StreamClosed();
        }
    }

    private async Task StreamAsync(HttpExchange exchange, HttpSession session)
    {
        var events = new EventStream(exchange);
        session.StreamOpened();
        try
        {
            session.Transport.Attach(events);
            await HoldAsync(exchange, session, events, firstSign: TimeSpan.Zero).ConfigureAwait(false);
        }
        finally
        {
            session.Transport.Detach(events);
            await events.CloseAsync().ConfigureAwait(false);
            session.StreamClosed();
        }
    }

    private async ValueTask<HttpSession?> FindSessionAsync(HttpExchange exchange, RequestId id)
    {
        var sessionId = exchange.RequestHeader(HeaderRules.SessionId);
        if (string.IsNullOrEmpty(sessionId))
        {
            await RefuseAsync(exchange, 400, $"Bad Request: the {HeaderRules.SessionId} header is missing; say initialize first.", id).ConfigureAwait(false);
            return null;
        }

        if (_sessions.TryGet(sessionId, out var session))
        {
            return session;
        }

        await RefuseUnknownSessionAsync(exchange, id).ConfigureAwait(false);
        return null;
    }
}
