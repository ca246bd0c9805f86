using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Authorization;
using McpProgress.Core.Calls;
using McpProgress.Core.Events;
using McpProgress.Core.Progress;
using McpProgress.Core.Tasks;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <content>Requests and their failures.</content>
public sealed partial class ServerConnection
{
    private TaskCompletionSource _eventsBroken = NewSource();

    // Above every id that the SDK counts out itself, which tells nobody of them, and below those of calls.
    private long _lastId = 1L << 31;

    /// <summary>Publishes the events of a call or a piece of background work.</summary>
    internal EventScope ScopeOf(string? callId = null, string? taskId = null) => new(_options.Events, Name, callId, taskId);

    /// <summary>Completes when the connection has ended, from either side.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>
    /// Completes when the stream breaks that brings what belongs to no request: what was on its way is lost, although over
    /// HTTP the connection stands. To be taken before what is waited for can be sent.
    /// </summary>
    internal Task EventsBroken => Volatile.Read(ref _eventsBroken).Task;

    /// <summary>How long a call may stay silent that does not say it itself; zero is for ever.</summary>
    internal TimeSpan IdleTimeout => _options.IdleTimeout;

    /// <summary>Makes room for the progress of a task, which outlives the request that creates it.</summary>
    internal CallProgress OpenProgress(IProgressObserver observer) => _progress.Open(observer);

    /// <summary>Ends it.</summary>
    internal void CloseProgress(CallProgress progress) => _progress.Close(progress.Token);

    /// <summary>Asks for notifications of what is watched now. Only revision 2026-07-28 has to ask.</summary>
    internal void RefreshSubscription()
    {
        if (IsStateless)
        {
            _subscription.Refresh();
        }
    }

    /// <summary>Whether a subscription that has broken, or was refused, is to be made again.</summary>
    private bool SubscribeAgain(McpFailureException? failure)
    {
        // Over HTTP a method that is not known is answered with 404, of which the SDK keeps no more than that.
        if (Status != ConnectionStatus.Connected
            || failure?.InnerException is McpProtocolException { ErrorCode: McpErrorCode.MethodNotFound } or HttpRequestException { StatusCode: HttpStatusCode.NotFound })
        {
            return false;
        }

        // What has changed since then is told to nobody.
        _tools.Invalidate();
        return true;
    }

    /// <summary>The failure for work that the end of the connection took with it.</summary>
    internal Task<McpFailureException> ExplainLossAsync() => ExplainRequestAsync(new IOException("The connection ended."));

    /// <summary>Sends a request whose result is an object.</summary>
    /// <exception cref="McpFailureException">McpProtocolError, McpConnectionLost, McpIdleTimeout, McpTimeout or McpCancelled.</exception>
    internal async Task<JsonObject> RequestAsync(WireRequest request, CancellationToken cancellationToken) =>
        ResultOf(request, await SendAsync(request, cancellationToken).ConfigureAwait(false));

    private JsonObject ResultOf(WireRequest request, JsonNode? result) =>
        result as JsonObject ?? throw new McpFailureException(ErrorIds.ProtocolError, $"{request.Describe()} failed: {Target} answered with something that is no result.");

    private async Task<JsonNode?> SendAsync(WireRequest wire, CancellationToken cancellationToken)
    {
        if (Status != ConnectionStatus.Connected)
        {
            throw await ExplainRequestAsync(new IOException("The connection is not open.")).ConfigureAwait(false);
        }

        CallProgress? progress = wire.Progress;
        TimeSpan idle = wire.IdleTimeout ?? _options.IdleTimeout;
        using var timers = new CallTimers(progress ?? new CallProgress(0, _options.Time, null), idle, wire.Timeout, _options.Time, cancellationToken);
        using CancellationTokenRegistration lost = _lost.Token.UnsafeRegister(static state => ((CallTimers)state!).Finish(CallEnd.Lost), timers);

        // Before 2026-07-28 the SDK has nothing to add to a request.
        StdioTransport? direct = IsStateless ? null : _stdio;
        JsonRpcRequest request = wire.ToJsonRpc(IsStateless ? null : direct?.NextId() ?? new RequestId(Interlocked.Increment(ref _lastId)));
        var responseStream = new CancellationTokenSource();
        Task<JsonRpcResponse>? answer = null;
        try
        {
            if (direct is not null)
            {
                return PendingRequests.ResultOf(await direct.AskAsync(request, wire.Resume, timers.Ended).ConfigureAwait(false)).Result;
            }

            answer = Client.SendRequestAsync(request, responseStream.Token);
            _ = answer.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return (await answer.WaitAsync(timers.Ended).ConfigureAwait(false)).Result;
        }
        catch (OperationCanceledException) when (timers.End == CallEnd.Lost)
        {
            throw await ExplainLossAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timers.End != CallEnd.None)
        {
            RequestId? unanswered = progress is not null ? _progress.Abandon(progress.Token) : IsStateless ? null : request.Id;
            bool isStdio = Endpoint is StdioEndpoint;
            _cancellation.Begin(isStdio || !IsStateless ? unanswered : null, timers.End, isStdio && answer is not null ? answer : Task.CompletedTask, responseStream);
            throw Early(timers.End, wire, idle);
        }
        catch (Exception exception) when (progress is { IsAsked: true } && exception is not (OperationCanceledException or McpFailureException))
        {
            throw new McpFailureException(
                ErrorIds.InputRequired, $"{wire.Describe()} was ended: {Target} asks for input, and nobody could answer: {exception.Message}", exception);
        }
        catch (Exception exception)
        {
            throw await ExplainRequestAsync(exception).ConfigureAwait(false);
        }
    }

    private McpFailureException Early(CallEnd end, WireRequest wire, TimeSpan idle) => end switch
    {
        CallEnd.IdleTimeout => new McpFailureException(
            ErrorIds.IdleTimeout, $"{wire.Describe()} was ended: {Target} sent neither progress nor a result for {idle.TotalSeconds:0.#} s. Give it longer with -IdleTimeoutSec; 0 waits for ever."),
        CallEnd.Timeout => new McpFailureException(
            ErrorIds.Timeout, $"{wire.Describe()} was ended: it took longer than {wire.Timeout.TotalSeconds:0.#} s. Give it longer with -TimeoutSec; 0 sets no limit."),
        _ => new McpFailureException(ErrorIds.Cancelled, $"{wire.Describe()} was cancelled."),
    };

    private async Task SendNotificationAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var notification = new JsonRpcNotification { Method = method, Params = parameters };
        await (IsStateless || _stdio is null ? Client.SendMessageAsync(notification, cancellationToken) : _stdio.SendMessageAsync(notification, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<McpFailureException> ExplainConnectAsync(Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new McpFailureException(ErrorIds.Cancelled, $"Connecting to {Target} was cancelled.", exception);
        }

        string errors = await StandardErrorAsync().ConfigureAwait(false);
        if (_process?.ExitCode is { } exitCode)
        {
            return new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"{Target} ended with exit code {exitCode} before the MCP handshake was done. Run the command by hand to see why.{errors}",
                exception);
        }

        if (exception is OperationCanceledException or TimeoutException)
        {
            return new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"{Target} did not answer the MCP handshake within {_options.ConnectTimeout.TotalSeconds:0.#} s. Check that the command or address is an MCP server, or give it longer with -TimeoutSec.{errors}",
                exception);
        }

        // The SDK has one exception for both, and names the revision where it is about that.
        bool isAboutAccess = IsAboutAccess(exception);
        McpFailureException failure = _options.ProtocolVersion is { } pinned && exception is McpException && (!isAboutAccess || exception.Message.Contains(pinned, StringComparison.Ordinal))
            ? new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"{Target} does not agree to revision {pinned}, which -ProtocolVersion asks for. Leave it out to take the newest revision that both sides speak.",
                exception)
            : isAboutAccess ? Failures.Authorizing(ErrorIds.ConnectionFailed, Target, exception)
            : Failures.Connecting(Target, exception);
        return errors.Length == 0 ? failure : new McpFailureException(failure.ErrorId, failure.Message + errors, exception);
    }

    private async Task<McpFailureException> ExplainRequestAsync(Exception exception)
    {
        if (Status == ConnectionStatus.Closed)
        {
            return new McpFailureException(ErrorIds.ConnectionLost, $"The connection to {Target} was closed. Connect again with Connect-McpServer.", exception);
        }

        if (_process is null)
        {
            if (!IsStateless && exception is HttpRequestException { StatusCode: HttpStatusCode.NotFound })
            {
                // That is how a server says that it has forgotten the session (revision 2025-11-25, transports).
                Lose();
            }

            return IsAboutAccess(exception) ? Failures.Authorizing(ErrorIds.ProtocolError, Target, exception) : Failures.Requesting(Target, exception);
        }

        if (exception is McpFailureException or McpProtocolException)
        {
            return Failures.Requesting(Target, exception);
        }

        if (exception is McpException or JsonException or ArgumentException or NotSupportedException or (InvalidOperationException and not ObjectDisposedException))
        {
            // The answer came, and makes no sense; the pipe is as good as before.
            return new McpFailureException(ErrorIds.ProtocolError, $"{Target} answered with something that cannot be used: {exception.Message}", exception);
        }

        Lose();
        string errors = await StandardErrorAsync().ConfigureAwait(false);
        string how = _process.ExitCode is { } exitCode ? $"ended with exit code {exitCode}" : "closed its output";
        return new McpFailureException(
            ErrorIds.ConnectionLost, $"The connection was lost: {Target} {how}. Connect again with Connect-McpServer.{errors}", exception);
    }

    // The SDK has no exception of its own for it.
    private bool IsAboutAccess(Exception exception) => Endpoint is HttpEndpoint { OAuth: SignInGrant } && exception is McpException and not McpProtocolException;

    private void BreakEvents() => Interlocked.Exchange(ref _eventsBroken, NewSource()).TrySetResult();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Lose()
    {
        if (Interlocked.CompareExchange(ref _status, (int)ConnectionStatus.Lost, (int)ConnectionStatus.Connected) == (int)ConnectionStatus.Connected)
        {
            TaskWatch.End();
        }
    }

    /// <summary>The end of the standard error as part of a message; empty when there is none.</summary>
    private async Task<string> StandardErrorAsync()
    {
        IReadOnlyList<string> lines = _process is null ? [] : await _process.LastErrorLinesAsync().ConfigureAwait(false);
        return lines.Count == 0 ? "" : $" The last it wrote to standard error:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }
}
