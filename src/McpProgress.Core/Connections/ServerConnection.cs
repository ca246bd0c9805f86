using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Events;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Progress;
using McpProgress.Core.Tasks;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <summary>
/// A connection to one MCP server, over stdio or Streamable HTTP and in either protocol era. Any number of
/// calls may be in flight; each sees its progress in wire order, all of it before its result and none after.
/// </summary>
public sealed partial class ServerConnection : IAsyncDisposable
{
    /// <summary>How long a server that says nothing to <c>server/discover</c> is waited for before <c>initialize</c> is tried.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long the SDK may take to hand over what it has read when the connection ends.</summary>
    private static readonly TimeSpan LossGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long a server may take to agree to a level of log messages.</summary>
    private static readonly TimeSpan LogLevelGrace = TimeSpan.FromSeconds(5);

    /// <summary>How long a web server may take to answer the end of a session, and the end of a connection to be told of.</summary>
    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(2);

    private readonly ConnectionOptions _options;
    private readonly ProgressRouter _progress;
    private readonly OrderedTap _tap;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly ToolList _tools;
    private readonly WireCancellation _cancellation;
    private readonly Subscription _subscription;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _closed;
    private readonly Lazy<Task> _debugLogs;
    private McpClient? _client;
    private Lazy<Task>? _session;
    private ServerProcess? _process;
    private StdioTransport? _stdio;
    private HttpClient? _http;
    private ConnectLimit? _connectLimit;
    private string? _key;
    private int _status = (int)ConnectionStatus.Connected;
    private bool _isWatched;

    private ServerConnection(string name, ServerEndpoint endpoint, ConnectionOptions options)
    {
        Name = name;
        Endpoint = endpoint;
        _options = options;
        _closed = new Lazy<Task>(CloseAsync);
        _debugLogs = new Lazy<Task>(() => AskForLogsAsync("debug"));
        Events = ScopeOf();
        _progress = new ProgressRouter(options.Time, Events.Report);
        _tap = new OrderedTap(_progress, Statistics) { ObserverFailed = Events.Report };
        _tools = new ToolList((method, parameters, cancellationToken) => SendAsync(new WireRequest(method, parameters), cancellationToken), AcceptTool, options.Time);
        _subscription = new Subscription(
            () => TaskWatch.TaskIds,
            (parameters, cancellationToken) => SendAsync(new WireRequest(RequestMethods.SubscriptionsListen, parameters) { IdleTimeout = TimeSpan.Zero }, cancellationToken),
            SubscribeAgain,
            options.Time,
            _closing.Token);
        Mcpc = new McpcClient(this);
        _cancellation = new WireCancellation(SendNotificationAsync, options.Time);
        _tap.ToolsChanged = _tools.Invalidate;
        _tap.LogReceived = message =>
        {
            Events.Tell(LogReceived, message);
            Events.Publish(EventNames.Log, new JsonObject { ["level"] = message.Level, ["logger"] = message.Logger, ["text"] = message.Text });
        };
        _tap.McpcReceived = Mcpc.Take;
        _tap.Answered = answer => Mcpc.TakeAnswer(answer.RequestId, answer.Result);
        _tap.TaskChanged = TaskWatch.Take;
    }

    /// <summary>Raised in wire order, on the reader: handlers must return at once.</summary>
    public event Action<ServerLogMessage>? LogReceived;

    /// <summary>The name the user knows it by.</summary>
    public string Name { get; }

    /// <summary>Where the server is.</summary>
    public ServerEndpoint Endpoint { get; }

    /// <summary>What has crossed the connection so far.</summary>
    public TransportStatistics Statistics { get; } = new();

    /// <summary>The state of the connection.</summary>
    public ConnectionStatus Status => (ConnectionStatus)Volatile.Read(ref _status);

    /// <summary>The server's own name; null when it does not say.</summary>
    public string? ServerName { get; private set; }

    /// <summary>The server's own version; null when it does not say.</summary>
    public string? ServerVersion { get; private set; }

    /// <summary>What the server says of its use.</summary>
    public string? Instructions => _tap.Handshake.Member("instructions").Text();

    /// <summary>The revision both sides agreed on, such as 2025-11-25.</summary>
    public string ProtocolVersion { get; private set; } = "";

    /// <summary>What the server can do, as it said.</summary>
    public JsonObject Capabilities { get; private set; } = [];

    /// <summary>The process id of a stdio server.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>How many calls are in flight.</summary>
    public int CallsInFlight => _progress.InFlight;

    /// <summary>
    /// What is the same for every connection to the same server. It is kept on disk, and command lines and addresses may
    /// carry secrets: of these it has the program or the path, and a hash.
    /// </summary>
    public string Key => _key ??= Endpoint.ToKey() ?? Name;

    /// <summary>The MCP Callback Protocol on this connection.</summary>
    public McpcClient Mcpc { get; }

    /// <summary>Who is told of a change of a task.</summary>
    internal TaskWatch TaskWatch { get; } = new();

    /// <summary>Who answers the server's questions.</summary>
    internal InputDesk Inputs { get; } = new();

    /// <summary>The events of the connection itself.</summary>
    internal EventScope Events { get; }

    internal TimeProvider Time => _options.Time;

    internal bool IsStateless => string.CompareOrdinal(ProtocolVersion, Handshake.FirstStateless) >= 0;

    private McpClient Client => _client ?? throw new InvalidOperationException("Not connected yet.");

    private bool AnnouncesToolChanges =>
        Capabilities.Member("tools").Member("listChanged") is JsonValue value && value.TryGetValue(out bool announces) && announces;

    private string Target => $"Server '{Name}'";

    /// <summary>Starts or reaches a server and agrees on a protocol revision, newest first.</summary>
    /// <param name="name">The name for the user.</param>
    /// <param name="endpoint">Where it is.</param>
    /// <param name="options">How the connection behaves; null is the defaults.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing behind.</param>
    /// <exception cref="McpFailureException">McpConnectionFailed, or McpCancelled.</exception>
    public static Task<ServerConnection> ConnectAsync(
        string name, ServerEndpoint endpoint, ConnectionOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(new ServerConnection(name, endpoint, options ?? new ConnectionOptions()), cancellationToken);

    /// <summary>Agrees on a protocol revision, newest first, with a server that may still be starting.</summary>
    /// <param name="name">The name for the user.</param>
    /// <param name="endpoint">How it was started.</param>
    /// <param name="process">The process, from here on the connection's to end.</param>
    /// <param name="options">How the connection behaves.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing behind.</param>
    /// <exception cref="McpFailureException">McpConnectionFailed, or McpCancelled.</exception>
    public static Task<ServerConnection> ConnectAsync(
        string name, StdioEndpoint endpoint, ServerProcess process, ConnectionOptions options, CancellationToken cancellationToken) =>
        ConnectAsync(new ServerConnection(name, endpoint, options) { _process = process }, cancellationToken);

    private static async Task<ServerConnection> ConnectAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception exception)
        {
            McpFailureException failure = await connection.ExplainConnectAsync(exception, cancellationToken).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            throw failure;
        }
    }

    /// <summary>The server's tools where they are known; null where it has to be asked.</summary>
    public IReadOnlyList<ToolDescriptor>? KnownTools => _tools.Current;

    /// <summary>The server's tools: all pages, kept until the server says that they changed or their time to live is over.</summary>
    /// <param name="refresh">Asks again in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="McpFailureException">McpProtocolError, McpConnectionLost, McpIdleTimeout or McpCancelled.</exception>
    public async Task<IReadOnlyList<ToolDescriptor>> GetToolsAsync(bool refresh = false, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ToolDescriptor> tools = await _tools.GetAsync(refresh, cancellationToken).ConfigureAwait(false);
        if (AnnouncesToolChanges && !_subscription.WantsTools)
        {
            _subscription.WantsTools = true;
            RefreshSubscription();
        }

        return tools;
    }

    /// <summary>Calls a tool and waits for its result.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancels it here at once, and on the wire.</param>
    /// <returns>The result, also when the tool reports an error in it.</returns>
    /// <exception cref="McpFailureException">McpProtocolError, McpConnectionLost, McpIdleTimeout, McpTimeout or McpCancelled.</exception>
    public async Task<ToolCallResult> CallToolAsync(ToolCallRequest call, CancellationToken cancellationToken = default)
    {
        // A call that belongs to background work is told of as that work, not twice.
        CallProgress progress = _progress.Open(call.Observer, call.Background is not null ? null : token => ScopeOf(callId: $"call-{token & uint.MaxValue}"));
        if (call.Background is { } work)
        {
            work.ProgressToken = progress.Token;
        }

        using IDisposable responder = Inputs.Open(call.InputResponder, inFlow: IsStateless);
        progress.Events?.Open(EventNames.CallStarted, Events, new JsonObject { ["tool"] = call.Tool });
        try
        {
            var request = new WireRequest("tools/call", call.ToParameters(progress.Token))
            {
                Progress = progress,
                IdleTimeout = call.IdleTimeout,
                Timeout = call.Timeout,
                Resume = call.Resume,
            };
            var result = new ToolCallResult(ResultOf(request, await SendAsync(request, cancellationToken).ConfigureAwait(false)), progress.Count);
            if (!result.IsResult)
            {
                throw new McpFailureException(ErrorIds.ProtocolError, $"{request.Describe()} failed: {Target} answered with a result that has neither content nor structured content.");
            }

            progress.Events?.Finish(call.Tool, result);
            return result;
        }
        catch (McpFailureException failure)
        {
            progress.Events?.Finish(call.Tool, failure);
            throw;
        }
        finally
        {
            _progress.Close(progress.Token);
        }
    }

    /// <summary>
    /// From now on the server sends its log messages of level debug, too; until then those of level info and above. Completes
    /// when it has been told.
    /// </summary>
    public Task AskForDebugLogsAsync() => _debugLogs.Value;

    /// <summary>Asks the server for a sign of life.</summary>
    /// <param name="timeout">How long to wait for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How long the answer took.</returns>
    /// <exception cref="McpFailureException">McpProtocolError, McpConnectionLost, McpIdleTimeout or McpCancelled.</exception>
    public async Task<TimeSpan> PingAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        long started = _options.Time.GetTimestamp();

        // Revision 2026-07-28 has no ping; discovery is its lightest request.
        await SendAsync(new WireRequest(IsStateless ? RequestMethods.ServerDiscover : RequestMethods.Ping, []) { IdleTimeout = timeout }, cancellationToken).ConfigureAwait(false);
        return _options.Time.GetElapsedTime(started);
    }

    /// <summary>Closes the connection; a stdio server's process tree has ended when this returns.</summary>
    public ValueTask DisposeAsync() => new(_closed.Value);

    private async Task CloseAsync()
    {
        Interlocked.Exchange(ref _status, (int)ConnectionStatus.Closed);
        TaskWatch.End();
        _process?.AnnounceEnd();
        await _cancellation.DrainAsync().ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        if (_process is not null)
        {
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        if (_session is { IsValueCreated: true } session)
        {
            await IgnoreOutcomeAsync(session.Value).ConfigureAwait(false);
        }

        // A transport may have no client: after a handshake that failed, or because the server never asked anything.
        Task closing = _client?.DisposeAsync().AsTask() ?? _stdio?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        if (_http is not null)
        {
            await Task.WhenAny(closing, Task.Delay(CloseGrace)).ConfigureAwait(false);
            _http.CancelPendingRequests();
        }

        await closing.ConfigureAwait(false);
        _http?.Dispose();
        if (_isWatched)
        {
            // The end is told of before it is over: a log that is closed next has it, too.
            await Task.WhenAny(_ended.Task, Task.Delay(CloseGrace)).ConfigureAwait(false);
        }
    }

    // Over HTTP a tool may want arguments repeated in headers (x-mcp-header); the SDK does that for tools it knows,
    // and a tool whose wish is malformed must not be offered (revision 2026-07-28, server/tools).
    private bool AcceptTool(ToolDescriptor tool)
    {
        if (Endpoint is not HttpEndpoint)
        {
            return true;
        }

        try
        {
            Client.AddKnownTools([tool.Definition.Deserialize<Tool>(McpJsonUtilities.DefaultOptions)!]);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or JsonException)
        {
            return false;
        }
    }

    private async Task WatchAsync(Task ended)
    {
        await IgnoreOutcomeAsync(ended).ConfigureAwait(false);
        Lose();
        Events.Publish(EventNames.Disconnected, new JsonObject { ["status"] = Status.ToString() });
        _ended.TrySetResult();
        Inputs.Close();
        if (_process is not null)
        {
            // Now and not when the session ends: by then its process id may belong to somebody else.
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        // The SDK fails the requests under way when it has read all there was, but not one that is sent at that very moment.
        await Task.Delay(LossGrace, _options.Time).ConfigureAwait(false);
        await _lost.CancelAsync().ConfigureAwait(false);
    }

    private static async Task IgnoreOutcomeAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // For requests whose answer changes nothing; a lost connection shows itself in the status.
        }
    }
}
