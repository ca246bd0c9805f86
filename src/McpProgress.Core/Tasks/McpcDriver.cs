using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>A task of the MCP Callback Protocol: it lives as long as the connection.</summary>
internal sealed class McpcDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest request) : TaskDriver(task, slot, request), IProgressObserver
{
    private readonly TaskCompletionSource<ToolCallResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private McpcSupport? _support;
    private IDisposable? _inputs;
    private long? _requestId;

    protected override (TimeSpan Idle, TimeSpan Total) Limits => (Request.IdleTimeout, Request.Timeout);

    // Not waiting for the answer to the call: a server that speaks MCPC may have tools that do not, and those answer
    // when they are done.
    public override async Task<ToolCallResult?> StartAsync(CancellationToken cancellationToken)
    {
        ServerConnection connection = Slot.Current;
        _support = await connection.Mcpc.GetSupportAsync(cancellationToken).ConfigureAwait(false) ?? throw new McpFailureException(
            ErrorIds.InvalidArgument, $"Server '{connection.Name}' does not speak MCPC. Leave -Mode out to use what it has.");
        if (_support.Extensions.Contains("update"))
        {
            Task.UpdateHandler = (data, token) => connection.Mcpc.CallHiddenAsync(
                "_mcpc_update", new JsonObject { ["task_id"] = Task.Id, ["data"] = data.DeepClone() }, token);
        }

        Task.CanCancelOnServer = _support.Extensions.Contains("cancel");
        Task.Announce();
        connection.Mcpc.Listen(Task.Id, Take);
        _inputs = connection.Inputs.OpenTask(Task.Id, AskAsync);
        return null;
    }

    public override async Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken)
    {
        ServerConnection connection = Slot.Current;
        Task broken = connection.EventsBroken;
        CallProgress progress = connection.OpenProgress(this);
        _requestId = Task.ProgressToken = progress.Token;
        connection.Mcpc.Expect(Task.Id, progress.Token);
        try
        {
            Task<JsonObject> answer = connection.RequestAsync(Call(progress), cancellationToken);
            if (await System.Threading.Tasks.Task.WhenAny(answer, _ended.Task).ConfigureAwait(false) == answer)
            {
                var result = new ToolCallResult(await answer.ConfigureAwait(false), progress.Count);
                if (!connection.Mcpc.IsCreation(result, Task.Id, out _))
                {
                    // This tool does not use MCPC: the answer is its result.
                    return result;
                }

                await System.Threading.Tasks.Task.WhenAny(_ended.Task, connection.Ended, broken).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return _ended.Task.IsCompleted ? await _ended.Task.ConfigureAwait(false)
                : connection.Ended.IsCompleted ? throw await connection.ExplainLossAsync().ConfigureAwait(false)
                : throw new McpFailureException(
                    ErrorIds.ConnectionLost,
                    $"The connection to Server '{connection.Name}' was lost under the MCPC task '{Task.Id}', and with it what the task has said since; it cannot be asked again. Call the tool again once the server can be reached.");
        }
        finally
        {
            connection.CloseProgress(progress);
        }
    }

    public void OnProgress(in ProgressUpdate update)
    {
        Life.Touch();
        Task.Report(update);
    }

    public override async Task CancelAsync(CancellationToken cancellationToken)
    {
        if (_support is not null && Task.CanCancelOnServer)
        {
            await Slot.Current.Mcpc.CallHiddenAsync("_mcpc_cancel", new JsonObject { ["task_id"] = Task.Id }, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Release(CallEnd end, McpFailureException? failure)
    {
        Slot.Current.Mcpc.Forget(Task.Id, _requestId);
        _inputs?.Dispose();
    }

    private WireRequest Call(CallProgress progress)
    {
        JsonObject parameters = CallParameters(progress.Token);
        parameters["arguments"] = _support!.Dialect.AddIds(Request.Arguments, Slot.Current.Mcpc.SessionId, Task.Id);
        return new WireRequest("tools/call", parameters) { Progress = progress, IdleTimeout = TimeSpan.Zero };
    }

    private void Take(McpcMessage message)
    {
        Life.Touch();
        switch (message.Event)
        {
            case "complete":
                _ended.TrySetResult(ResultOf(message.Result));
                break;

            case "failed":
                _ended.TrySetException(new McpFailureException(ErrorIds.ToolError, TextOf(message.Result) ?? $"The tool '{Task.Tool}' failed without saying why."));
                break;

            case "update":
                Update(message.Result);
                break;

            default:
                // "created", and events that are not known: there is nothing to show of them.
                break;
        }
    }

    private void Update(JsonNode? result)
    {
        string? status = TextOf(result);
        double? percent = NumberOf(result.Member("progress"));
        double? total = NumberOf(result.Member("total")) is { } end and > 0 ? end : null;

        // The original's progress is a percentage; a total beside it is an addition of ours.
        Task.Update(state => state with
        {
            StatusMessage = status ?? state.StatusMessage,
            Progress = percent ?? state.Progress,
            Total = percent is null ? state.Total : total ?? 100,
        });
    }

    /// <summary>The text of a message's result: itself, or its member status or message.</summary>
    private static string? TextOf(JsonNode? result) => result switch
    {
        JsonObject members => members.Member("status").Text() ?? members.Member("message").Text(),
        _ => result.Text(),
    };

    /// <summary>The message's result in the form that a call's result has, so that nobody has to know where it came from.</summary>
    private static ToolCallResult ResultOf(JsonNode? result)
    {
        string text = result.Text() ?? result?.ToJsonString() ?? "";
        var raw = new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) };
        if (result is JsonObject or JsonArray)
        {
            raw["structuredContent"] = result.DeepClone();
        }

        return new ToolCallResult(raw, 0);
    }
}
