using System.Globalization;
using System.Net;
using System.Net.Sockets;
using McpProgress.Server.Protocol;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Http;

/// <summary>
/// The MCP endpoint on the runtime's own <see cref="HttpListener"/>, for processes that do not have the ASP.NET runtime,
/// such as a PowerShell session. It cannot tell when a client goes away, so the endpoint finds out by writing.
/// </summary>
/// <remarks>
/// On Windows, an address other than loopback needs a URL reservation (<c>netsh http add urlacl</c>). Elsewhere,
/// the runtime itself answers requests whose Host header names none of the listener's prefixes, and waits for
/// their bodies on threads of the pool: the endpoint never sees these, so its bounds do not hold for them.
/// </remarks>
public sealed partial class HttpListenerHost : IAsyncDisposable
{
    // Between finding a free port and taking it, another process may take it.
    private const int PortAttempts = 10;

    // Windows can fail again and again, at once, when its HTTP service is stopped or out of memory: no reason to spin.
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HttpListener _listener;
    private readonly StreamableHttpEndpoint _endpoint;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    internal HttpListenerHost(HttpListener listener, StreamableHttpEndpoint endpoint, string host, int port, ILogger logger, TimeProvider time)
    {
        _listener = listener;
        _endpoint = endpoint;
        _logger = logger;
        _time = time;
        Port = port;
        Url = $"http://{host}:{port}{StreamableHttpEndpoint.Path}";
        _accepting = AcceptAsync();
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Where clients on this machine connect.</summary>
    public string Url { get; }

    /// <summary>Starts listening.</summary>
    /// <param name="tools">What is served.</param>
    /// <param name="http">How it is served.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <exception cref="ArgumentException">The options let other machines in without a token, or the host is no address.</exception>
    /// <exception cref="HttpListenerException">The port is taken, or listening is not allowed.</exception>
    public static HttpListenerHost Start(ToolServerOptions tools, HttpServerOptions http, int port, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(loggers);
        http.Validate();
        var address = http.BindAddress();
        for (var attempt = 1; ; attempt++)
        {
            var chosen = port == 0 ? FreePort(address) : port;
            var listener = new HttpListener();
            foreach (var host in PrefixHosts(address))
            {
                listener.Prefixes.Add($"http://{host}:{chosen}/");
            }

            try
            {
                listener.Start();
                var logger = loggers.CreateLogger("McpProgress.Server.Http");
                return new HttpListenerHost(listener, new StreamableHttpEndpoint(tools, http, loggers), HostToConnect(address), chosen, logger, tools.TimeProvider);
            }
            catch (HttpListenerException) when (port == 0 && attempt < PortAttempts)
            {
                listener.Close();
            }
        }
    }

    /// <summary>Ends the sessions, then the listener.</summary>
    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _closing.TrySetResult();
        _listener.Close();
        await _accepting.ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (!_closing.Task.IsCompleted)
        {
            try
            {
                // The listener wakes us while it still says that it listens, and would take a wish for one more
                // context that it then never grants: what ends the loop is not its word.
                Task<HttpListenerContext> next = _listener.GetContextAsync();
                if (await Task.WhenAny(next, _closing.Task).ConfigureAwait(false) == next)
                {
                    HttpListenerContext context = await next.ConfigureAwait(false);
                    _ = Task.Run(() => AnswerAsync(context));
                }
                else
                {
                    _ = next.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                }
            }
            catch (Exception end) when (end is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                if (!_closing.Task.IsCompleted)
                {
                    LogNotAccepted(_logger, end.Message);
                    await Task.WhenAny(_closing.Task, Task.Delay(Pause, _time)).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await _endpoint.HandleAsync(new ListenerExchange(context)).ConfigureAwait(false);
            context.Response.Close();
        }
#pragma warning disable CA1031 // Nobody awaits this; the listener throws whatever it likes when a client has gone.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogBroken(_logger, failure.Message);
            context.Response.Abort();
        }
    }

    // The listener serves a request only if its Host header names one of these; the endpoint's guard decides after that.
    private static string[] PrefixHosts(IPAddress address) =>
        IPAddress.IsLoopback(address) ? ["127.0.0.1", "localhost"]
        : address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? ["*"]
        : [Bracketed(address)];

    private static string HostToConnect(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "127.0.0.1" : Bracketed(address);

    private static string Bracketed(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private static int FreePort(IPAddress address)
    {
        using var probe = new TcpListener(IPAddress.IsLoopback(address) ? IPAddress.Loopback : address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was not accepted: {Reason}")]
    private static partial void LogNotAccepted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A response was not finished: {Reason}")]
    private static partial void LogBroken(ILogger logger, string reason);

    /// <summary>An exchange as the listener has it.</summary>
    private sealed class ListenerExchange(HttpListenerContext context) : HttpExchange
    {
        public override string Method => context.Request.HttpMethod;

        public override string Path => context.Request.Url?.AbsolutePath ?? "/";

        public override Stream RequestBody => context.Request.InputStream;

        public override Stream ResponseBody => context.Response.OutputStream;

        public override CancellationToken Aborted => CancellationToken.None;

        public override bool TellsAborted => false;

        public override void Drop() => context.Response.Abort();

        public override string? RequestHeader(string name) => context.Request.Headers[name];

        public override void SetStatus(int statusCode) => context.Response.StatusCode = statusCode;

        // The listener frames the response itself; of the headers that say how, it wants to be told in its own way.
        public override void SetHeader(string name, string value)
        {
            switch (name)
            {
                case "Content-Length":
                    context.Response.ContentLength64 = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "Connection":
                    context.Response.KeepAlive = value != "close";
                    break;
                default:
                    context.Response.Headers[name] = value;
                    break;
            }
        }
    }
}
