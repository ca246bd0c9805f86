using System.Text.Json.Nodes;
using McpProgress.Core.Authorization;
using McpProgress.Core.Events;
using McpProgress.Core.Transport;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <content>From the start of a server to a session with it.</content>
public sealed partial class ServerConnection
{
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new ConnectLimit(_options.ConnectTimeout, _options.Time, cancellationToken);
        _connectLimit = limit;
        _stdio = StartStdio();
        var client = new Implementation { Name = "McpProgress", Version = _options.ClientVersion };
        if (_stdio is not null)
        {
            await AgreeAsync(_stdio, client, limit.Token).ConfigureAwait(false);
        }
        else
        {
            _client = await McpClient.CreateAsync(CreateHttp(), SdkOptions(client), cancellationToken: limit.Token).ConfigureAwait(false);
            ProtocolVersion = _client.NegotiatedProtocolVersion ?? "";
        }

        Describe();
        Events.Open(EventNames.Connected, null, new JsonObject
        {
            ["transport"] = Endpoint is HttpEndpoint ? "http" : "stdio",
            ["serverName"] = ServerName,
            ["serverVersion"] = ServerVersion,
            ["protocolVersion"] = ProtocolVersion,
        });
        // Nothing depends on the answer, so nobody waits for it.
        _ = AskForLogsAsync("info");
        _isWatched = true;
        _ = WatchAsync(_client?.Completion ?? _stdio!.Ended);
    }

    private async Task AgreeAsync(StdioTransport stdio, Implementation client, CancellationToken cancellationToken)
    {
        Task<string> agreeing = new Handshake(stdio, client, _options.ProtocolVersion, ProbeTimeout, _options.Time).AgreeAsync(cancellationToken);
        if (_process is not null)
        {
            Rehearsal.Begin();
        }

        ProtocolVersion = await agreeing.ConfigureAwait(false);
        if (IsStateless)
        {
            _client = await TakeOverAsync(stdio, client).ConfigureAwait(false);
        }
        else
        {
            // Requests go past the SDK, and few servers ask anything back.
            _session = new Lazy<Task>(() => Task.Run(() => StartSessionAsync(stdio, client)));
            stdio.WhenSessionIsWanted(() => _ = _session.Value);
        }
    }

    /// <summary>Starts a server that speaks over streams; null for one that does not.</summary>
    private StdioTransport? StartStdio()
    {
        switch (Endpoint)
        {
            case StdioEndpoint stdio:
                _process ??= ServerProcess.Start(stdio);
                return new StdioTransport(_process.Output, _process.Input, _tap, Statistics, _options.MaximumMessageBytes, isPipe: true);

            case StreamEndpoint streams:
                return new StdioTransport(streams.Output, streams.Input, _tap, Statistics, _options.MaximumMessageBytes, isPipe: streams.IsPipe);

            default:
                return null;
        }
    }

    private McpClientOptions SdkOptions(Implementation client)
    {
        // The SDK's own limits go on while a user signs in.
        bool maySignIn = Endpoint is HttpEndpoint { OAuth: SignInGrant };
        return new McpClientOptions
        {
            ClientInfo = client,
            InitializationTimeout = maySignIn ? Timeout.InfiniteTimeSpan : _options.ConnectTimeout,
            DiscoverProbeTimeout = maySignIn ? Timeout.InfiniteTimeSpan : ProbeTimeout,
            ProtocolVersion = _options.ProtocolVersion,
            Handlers = new McpClientHandlers { ElicitationHandler = Inputs.AnswerAsync },
        };
    }

    private async Task StartSessionAsync(StdioTransport transport, Implementation client)
    {
        try
        {
            if (!_closing.IsCancellationRequested)
            {
                _client = await TakeOverAsync(transport, client).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // A server that asks and gets no answer waits for ever: better without it.
            Events.Report(exception);
            await transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives the SDK a session that was agreed on: it answers what the server asks, and speaks what later revisions want said.</summary>
    private Task<McpClient> TakeOverAsync(StdioTransport transport, Implementation client) => McpClient.ResumeSessionAsync(
        new Agreed(Name, transport),
        new ResumeClientSessionOptions
        {
            // Nothing of ours asks the SDK for these: what the server said is kept whole, see Describe.
            ServerCapabilities = new ServerCapabilities(),
            ServerInfo = new Implementation { Name = Name, Version = "" },
            NegotiatedProtocolVersion = ProtocolVersion,
        },
        SdkOptions(client));

    private IClientTransport CreateHttp()
    {
        (IClientTransport transport, _http) = HttpConnector.Create((HttpEndpoint)Endpoint, Target, _options, OnSignIn, _tap, Statistics, BreakEvents);
        return transport;
    }

    private void OnSignIn(SignInNotice? notice)
    {
        if (notice is null)
        {
            _connectLimit?.Restart();
            return;
        }

        _connectLimit?.Stop();
        _options.SignInStarted?.Invoke(notice);
    }

    private void Describe()
    {
        Capabilities = _tap.Handshake.Member("capabilities") as JsonObject ?? [];

        // Revision 2026-07-28 keeps it in _meta, and lets a server stay anonymous.
        JsonNode? server = _tap.Handshake.Member("serverInfo") ?? _tap.Handshake.Member("_meta").Member(MetaKeys.ServerInfo);
        ServerName = server.Member("title").Text() ?? server.Member("name").Text();
        ServerVersion = server.Member("version").Text();
    }

    private Task AskForLogsAsync(string level)
    {
        if (IsStateless)
        {
            // Each request asks for itself; there is no capability to look for.
            _tap.LogLevel = level;
            return Task.CompletedTask;
        }

        return Capabilities.Member("logging") is null
            ? Task.CompletedTask
            : IgnoreOutcomeAsync(SendAsync(new WireRequest("logging/setLevel", new JsonObject { ["level"] = level }) { IdleTimeout = LogLevelGrace }, _closing.Token));
    }

    private sealed class Agreed(string name, StdioTransport transport) : IClientTransport
    {
        public string Name => name;

        public Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default)
        {
            transport.TakeOver();
            return Task.FromResult<ITransport>(transport);
        }
    }
}
