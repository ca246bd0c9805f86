using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>Answers the protocol's requests about tools out of a <see cref="ToolSet"/>, for every session alike.</summary>
internal sealed class ToolProtocol
{
    private readonly ToolServerOptions _options;
    private readonly ILogger _logger;
    private readonly Tool[] _listed;

    /// <summary>Prepares the answers.</summary>
    public ToolProtocol(ToolServerOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger("McpProgress.Server.Tools");
        _listed = [.. options.Tools.Tools.Select(ToListed)];
        ServerOptions = new McpServerOptions
        {
            ServerInfo = options.ServerInfo,
            ServerInstructions = options.Instructions,
            ScopeRequests = false,
            Handlers = new McpServerHandlers
            {
                ListToolsHandler = ListAsync,
                CallToolHandler = CallAsync,
            },
        };
    }

    /// <summary>What the SDK's server is made of; shared by all sessions.</summary>
    public McpServerOptions ServerOptions { get; }

    private ValueTask<ListToolsResult> ListAsync(RequestContext<ListToolsRequestParams> request, CancellationToken cancelled) =>
        ValueTask.FromResult(new ListToolsResult { Tools = [.. _listed] });

    private async ValueTask<CallToolResult> CallAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancelled)
    {
        var call = request.Params ?? throw new McpProtocolException("tools/call needs params.", McpErrorCode.InvalidParams);
        if (!_options.Tools.TryGet(call.Name, out var tool))
        {
            throw new McpProtocolException($"Unknown tool: '{call.Name}'.", McpErrorCode.InvalidParams);
        }

        using var channel = new CallChannel(request, _options, cancelled);
        var context = new ToolContext(channel, cancelled);
        var result = await ToolRunner.RunAsync(tool, new ToolArguments(call.Arguments), context, _logger).ConfigureAwait(false);
        await channel.CompleteAsync().ConfigureAwait(false);
        return ToWire(result);
    }

    private static CallToolResult ToWire(ToolResult result) => new()
    {
        Content = [.. result.Content],
        StructuredContent = result.StructuredContent,
        IsError = result.IsError,
    };

    private static Tool ToListed(ServerTool tool) => new()
    {
        Name = tool.Name,
        Title = tool.Title,
        Description = tool.Description,
        InputSchema = tool.InputSchema,
        OutputSchema = tool.OutputSchema,
        Annotations = tool.Annotations,
    };
}
