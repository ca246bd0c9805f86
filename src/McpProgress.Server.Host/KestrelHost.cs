using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Host;

/// <summary>The MCP endpoint on Kestrel.</summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    // A response whose client does not read any more must not hold up the end.
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly StreamableHttpEndpoint _endpoint;

    private KestrelHost(WebApplication app, StreamableHttpEndpoint endpoint, HttpServerOptions http)
    {
        _app = app;
        _endpoint = endpoint;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Port = new Uri(address).Port;

        // Any address is none to connect to; loopback always is one then.
        var host = http.Host is "0.0.0.0" or "::" ? "127.0.0.1" : http.Host.Contains(':', StringComparison.Ordinal) ? $"[{http.Host}]" : http.Host;
        Url = $"http://{host}:{Port}{StreamableHttpEndpoint.Path}";
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Where clients connect.</summary>
    public string Url { get; }

    /// <summary>The endpoint it carries.</summary>
    public StreamableHttpEndpoint Endpoint => _endpoint;

    /// <summary>Starts listening.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="IOException">The port is taken or the address is not this machine's.</exception>
    public static async Task<KestrelHost> StartAsync(ToolServerOptions tools, HttpServerOptions http, int port, ILoggerFactory loggers)
    {
        http.Validate();
        var address = http.BindAddress();

        // The empty builder reads no settings and no environment: nothing but the arguments says where it listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownGrace);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // The endpoint has its own bound, with an answer to it.
            kestrel.Listen(address, port);
        });
        var app = builder.Build();
        var endpoint = new StreamableHttpEndpoint(tools, http, loggers);
        app.Run(context => endpoint.HandleAsync(new KestrelExchange(context)));
        await app.StartAsync().ConfigureAwait(false);
        return new KestrelHost(app, endpoint, http);
    }

    /// <summary>Ends the sessions, then the web server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>An exchange as Kestrel has it.</summary>
    private sealed class KestrelExchange(HttpContext context) : HttpExchange
    {
        public override string Method => context.Request.Method;

        public override string Path => context.Request.Path.Value ?? "/";

        public override Stream RequestBody => context.Request.Body;

        public override Stream ResponseBody => context.Response.Body;

        public override CancellationToken Aborted => context.RequestAborted;

        public override bool TellsAborted => true;

        public override void Drop() => context.Abort();

        public override string? RequestHeader(string name) =>
            context.Request.Headers.TryGetValue(name, out var values) ? values.ToString() : null;

        public override void SetStatus(int statusCode) => context.Response.StatusCode = statusCode;

        public override void SetHeader(string name, string value) => context.Response.Headers[name] = value;
    }
}
