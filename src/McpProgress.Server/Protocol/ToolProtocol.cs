using System.Text.Json.Nodes;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Tasks;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>
/// Answers the protocol's requests about tools and tasks, for every session alike. It takes them raw, before the SDK's own
/// handlers: those know neither MCPC nor tasks of either revision, and answer only by returning, too late for what has
/// to follow an answer.
/// </summary>
internal sealed class ToolProtocol : IAsyncDisposable
{
    private readonly ToolServerOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly McpServerOptions _serverOptions;
    private readonly ToolListing _listing;
    private readonly PlainCalls _plain;
    private readonly TaskManager _tasks;
    private readonly Tasks2025 _tasks2025;
    private readonly TasksExtension _extension;

    /// <summary>Prepares the answers.</summary>
    public ToolProtocol(ToolServerOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger("McpProgress.Server.Tools");
        _listing = new ToolListing(options.Tools);
        _plain = new PlainCalls(options, _logger);
        _tasks = new TaskManager(options.Tasks, options.TimeProvider, _logger);
        _tasks2025 = new Tasks2025(_tasks, options);
        _extension = new TasksExtension(_tasks, options);
        _serverOptions = new McpServerOptions
        {
            ServerInfo = options.ServerInfo,
            ServerInstructions = options.Instructions,
            ScopeRequests = false,
            Capabilities = new ServerCapabilities
            {
                Tools = new ToolsCapability(),
                Extensions = new Dictionary<string, object> { [TasksExtension.Name] = new JsonObject() },
            },
        };
        options.Configure?.Invoke(_serverOptions);
        _serverOptions.Filters.Message.IncomingFilters.Add(Take);
        _serverOptions.Filters.Message.OutgoingFilters.Add(Describe);
    }

    /// <summary>Makes a session over a transport; <see cref="ClientSession.Server"/> is yet to be run.</summary>
    /// <param name="transport">The session's transport.</param>
    /// <param name="isSingleRequest">Whether the session is one HTTP request of 2026-07-28.</param>
    public ClientSession Open(ITransport transport, bool isSingleRequest) =>
        new(McpServer.Create(transport, _serverOptions, _loggers), transport, _options, isSingleRequest);

    /// <summary>Ends the tasks and the calls that wait for answers.</summary>
    public async ValueTask DisposeAsync()
    {
        _plain.Dispose();
        await _tasks.DisposeAsync().ConfigureAwait(false);
    }

    private McpMessageHandler Take(McpMessageHandler next) => async (context, cancelled) =>
    {
        if (context.JsonRpcMessage is not JsonRpcRequest message)
        {
            await next(context, cancelled).ConfigureAwait(false);
            return;
        }

        switch (message.Method)
        {
            case RequestMethods.ToolsCall:
                await CallAsync(new IncomingRequest(message, context.Server), cancelled).ConfigureAwait(false);
                break;

            case RequestMethods.ToolsList or RequestMethods.SubscriptionsListen or "tasks/get" or "tasks/cancel" or "tasks/update" or "tasks/result" or "tasks/list":
                var request = new IncomingRequest(message, context.Server);
                await request.AnswerAsync(await AnswerAsync(request, cancelled).ConfigureAwait(false), cancelled).ConfigureAwait(false);
                break;

            default:
                await next(context, cancelled).ConfigureAwait(false);
                break;
        }
    };

    private Task<JsonObject> AnswerAsync(IncomingRequest request, CancellationToken cancelled) => (request.Method, request.IsModern, request.HasTasks2025) switch
    {
        (RequestMethods.ToolsList, _, _) => Task.FromResult(_listing.Answer(request)),
        (RequestMethods.SubscriptionsListen, true, _) => _extension.ListenAsync(request, cancelled),
        ("tasks/get", true, _) => _extension.GetAsync(request),
        ("tasks/update", true, _) => _extension.UpdateAsync(request),
        ("tasks/cancel", true, _) => _extension.CancelAsync(request),
        ("tasks/get", _, true) => _tasks2025.GetAsync(request),
        ("tasks/result", _, true) => _tasks2025.ResultAsync(request, cancelled),
        ("tasks/list", _, true) => _tasks2025.ListAsync(request),
        ("tasks/cancel", _, true) => _tasks2025.CancelAsync(request),
        _ => throw request.NotFound(),
    };

    private async Task CallAsync(IncomingRequest request, CancellationToken cancelled)
    {
        var name = request.Text("name");
        var arguments = (request.Parameters["arguments"] as JsonObject).WithNames();
        var mcpc = request.Session.IsSingleRequest ? null : request.Session.Mcpc;
        if (mcpc?.TryAnswer(name, arguments) is { } answer)
        {
            await request.AnswerAsync(answer, cancelled).ConfigureAwait(false);
            return;
        }

        if (!_options.Tools.TryGet(name, out var tool))
        {
            throw IncomingRequest.Invalid($"Unknown tool: '{name}'.");
        }

        // The client chooses by what it sends, the most explicit first; an answer to a question belongs to a plain call.
        var ids = McpcIds.Take(arguments);
        var isAnswer = request.Parameters.ContainsKey("requestState");
        if (!isAnswer && Tasks2025.Wants(request, tool))
        {
            await _tasks2025.CallAsync(request, tool, arguments, cancelled).ConfigureAwait(false);
        }
        else if (ids is not null && mcpc is not null)
        {
            await mcpc.CallAsync(request, tool, ids, arguments, _logger, cancelled).ConfigureAwait(false);
        }
        else if ((tool.Prepare is not null || !isAnswer) && TasksExtension.Wants(request, tool))
        {
            var (prepared, reply) = await _plain.PrepareAsync(request, tool, arguments, cancelled).ConfigureAwait(false);
            await (prepared is not null ? _extension.CallAsync(request, tool, prepared, cancelled) : request.AnswerAsync(reply!, cancelled)).ConfigureAwait(false);
        }
        else
        {
            await request.AnswerAsync(await _plain.CallAsync(request, tool, arguments, cancelled).ConfigureAwait(false), cancelled).ConfigureAwait(false);
        }
    }

    // The SDK's types have no room for the capability of 2025-11-25, and show that of the extension to revisions before it.
    // Only the answers to initialize and to server/discover have these members side by side.
    private static McpMessageHandler Describe(McpMessageHandler next) => (context, cancelled) =>
    {
        if (context.JsonRpcMessage is JsonRpcResponse { Result: JsonObject result } &&
            result["protocolVersion"] is JsonValue version && result["capabilities"] is JsonObject capabilities)
        {
            capabilities.Remove("extensions");
            if (version.TryGetValue(out string? revision) && revision == ProtocolVersions.November2025)
            {
                capabilities["tasks"] = Tasks2025.Capability();
            }
        }
        else if (context.JsonRpcMessage is JsonRpcResponse { Result: JsonObject discovered } &&
            discovered.ContainsKey("supportedVersions") && discovered["capabilities"] is JsonObject offered)
        {
            // Since 2026-07-28 changes are told of on subscriptions/listen, where this library tells of tasks only.
            foreach (var (_, capability) in offered)
            {
                (capability as JsonObject)?.Remove("subscribe");
                (capability as JsonObject)?.Remove("listChanged");
            }
        }

        return next(context, cancelled);
    };
}
