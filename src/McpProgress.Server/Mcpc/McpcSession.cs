using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Mcpc;

/// <summary>
/// The server half of the MCP Callback Protocol on one connection, in all three dialects at once: a probe is answered in
/// its own, and a call that carries ids is a task, whichever dialect carries them.
/// </summary>
internal sealed class McpcSession : IAsyncDisposable
{
    /// <summary>How many tasks one connection may have at once.</summary>
    public const int MaxTasks = 2000;

    private const string CancelTool = "_mcpc_cancel";
    private const string UpdateTool = "_mcpc_update";
    private static readonly string[] Extensions = ["cancel", "update", "seq"];

    private readonly ConcurrentDictionary<string, McpcCall> _calls = new(StringComparer.Ordinal);
    private readonly McpcSequence _events = new();
    private readonly McpcHelper _helper;
    private readonly bool _everyUpdate;
    private readonly CancellationTokenSource _ended = new();
    private string _sessionId = McpcIds.DefaultSession;
    private volatile bool _spoken;

    public McpcSession(ClientSession client, ToolServerOptions options)
    {
        Client = client;
        Outbox = new McpcOutbox(message => client.Transport.SendMessageAsync(McpcHelper.ToCallback(message), _ended.Token));
        _helper = new McpcHelper(options.ServerInfo.Name, message => Outbox.SendAsync(_events, message, _ended.Token), options.TimeProvider);
        _everyUpdate = options.ProgressRate == 0;
    }

    /// <summary>The connection.</summary>
    public ClientSession Client { get; }

    /// <summary>The callbacks on their way out.</summary>
    public McpcOutbox Outbox { get; }

    /// <summary>Answers a call of the protocol's hidden tools; null when it is none of them.</summary>
    public JsonObject? TryAnswer(string tool, JsonObject? arguments)
    {
        if (McpcDialect.NewestFirst.FirstOrDefault(dialect => dialect.ProbeTool == tool) is { } dialect)
        {
            _spoken = true;
            return ToolResult.FromText(_helper.GetProtocolInfo(dialect, Extensions).ToJsonString()).ToJson();
        }

        return tool switch
        {
            CancelTool => Control(arguments, Cancel),
            UpdateTool => Control(arguments, taskId => Update(taskId, arguments!["data"])),
            _ => null,
        };
    }

    /// <summary>Answers a call that carries ids: by <c>created</c>, and then runs the tool.</summary>
    public async Task CallAsync(IncomingRequest request, ServerTool tool, McpcIds ids, JsonObject? arguments, ILogger logger, CancellationToken cancelled)
    {
        // First of all, because it may fail.
        var values = new ToolArguments(arguments.ToElements());
        _spoken = true;
        _sessionId = ids.SessionId;
        var call = new McpcCall(this, ids, tool.Name, request.ProgressToken, _everyUpdate);
        if (Reserve(ids.TaskId, call) is { } refusal)
        {
            await request.AnswerAsync(McpcHelper.ToResult(call.Refused(refusal)), cancelled).ConfigureAwait(false);
            return;
        }

        // Known from here on, so that it can be cancelled at once; it starts behind the answer, so that no update can
        // overtake that.
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _helper.StartTask(ids.TaskId, async stop =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _ended.Token);
            try
            {
                await created.Task.ConfigureAwait(false);
                await call.RunAsync(tool, values, logger, either.Token).ConfigureAwait(false);
            }
            finally
            {
                // In this order: the id is free only when both have let go of it.
                _helper.CleanupTask(ids.TaskId);
                _calls.TryRemove(ids.TaskId, out _);
            }
        });
        try
        {
            await request.AnswerAsync(McpcHelper.ToResult(call.Created()), cancelled).ConfigureAwait(false);
            created.TrySetResult();
        }
        catch
        {
            created.TrySetCanceled(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Sends an event of the server, if the client speaks MCPC; to others a response nobody asked for is an error.</summary>
    public ValueTask SendServerEventAsync(string name, JsonNode? result, CancellationToken cancelled, string? sessionId = null) =>
        _spoken && !Client.IsSingleRequest
            ? Outbox.SendAsync(_events, McpcHelper.CreateServerEvent(name, sessionId ?? _sessionId, result?.DeepClone()), cancelled)
            : default;

    /// <summary>Cancels what runs: MCPC tasks live as long as their connection.</summary>
    public async ValueTask DisposeAsync() => await _ended.CancelAsync().ConfigureAwait(false);

    private string? Reserve(string taskId, McpcCall call) =>
        _calls.Count >= MaxTasks ? $"Too many tasks: this connection may have {MaxTasks} at once. Wait for one to end."
        : _calls.TryAdd(taskId, call) ? null
        : $"A task with the id '{taskId}' runs already.";

    private static JsonObject Control(JsonObject? arguments, Func<string, ToolResult> act) =>
        (arguments?["task_id"] is JsonValue value && value.TryGetValue(out string? taskId)
            ? act(taskId)
            : ToolResult.FromError("The argument 'task_id' is missing; it must be a string.")).ToJson();

    private ToolResult Cancel(string taskId) =>
        _helper.StopTask(taskId) ? Done(taskId, "cancelled") : Unknown(taskId);

    private ToolResult Update(string taskId, JsonNode? data) =>
        !_calls.TryGetValue(taskId, out var call) ? Unknown(taskId)
        : call.TryUpdate(JsonSerializer.SerializeToElement(data)) ? Done(taskId, "updated")
        : ToolResult.FromError($"The task '{taskId}' takes no more updates now.");

    private static ToolResult Done(string taskId, string what) => ToolResult.FromText(new JsonObject { ["task_id"] = taskId, [what] = true }.ToJsonString());

    private static ToolResult Unknown(string taskId) => ToolResult.FromError($"No task with the id '{taskId}' runs on this connection.");
}
