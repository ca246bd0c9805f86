using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Mcpc;

namespace McpProgress.Core.Tasks;

/// <summary>A task of the MCP Callback Protocol: it lives as long as the connection.</summary>
internal sealed class McpcDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest request) : TaskDriver(task, slot, request)
{
    private readonly TaskCompletionSource<ToolCallResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private McpcSupport? _support;
    private IDisposable? _inputs;

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
        var parameters = new JsonObject
        {
            ["name"] = Request.Tool.Name,
            ["arguments"] = _support.Dialect.AddIds(Request.Arguments, connection.Mcpc.SessionId, Task.Id),
        };
        _inputs = connection.Inputs.OpenTask(Task.Id, AskAsync);
        JsonObject answer = await connection.RequestAsync(new WireRequest("tools/call", parameters), cancellationToken).ConfigureAwait(false);
        var result = new ToolCallResult(answer, 0);
        if (result.IsError || !McpcMessage.TryParse(result.Text, out McpcMessage created) || created.TaskId != Task.Id)
        {
            // The tool answered at once: its server knows MCPC, but this tool does not use it.
            return result;
        }

        // The listeners are told of the creation too, although it came with the call's own result.
        connection.Mcpc.Take(created);
        return null;
    }

    public override async Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken)
    {
        Task lost = Slot.Current.Ended;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Request.Timeout > TimeSpan.Zero)
        {
            limit.CancelAfter(Request.Timeout);
        }

        try
        {
            Task first = await System.Threading.Tasks.Task.WhenAny(_ended.Task, lost).WaitAsync(limit.Token).ConfigureAwait(false);
            if (first == lost && !_ended.Task.IsCompleted)
            {
                throw await Slot.Current.ExplainLossAsync().ConfigureAwait(false);
            }

            return await _ended.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new McpFailureException(ErrorIds.Timeout, $"The task '{Task.Id}' took longer than {Request.Timeout.TotalSeconds:0.#} s. Give it longer with -TimeoutSec; 0 sets no limit.");
        }
    }

    public override async Task CancelAsync(CancellationToken cancellationToken)
    {
        if (_support is not null && Task.CanCancelOnServer)
        {
            await Slot.Current.Mcpc.CallHiddenAsync("_mcpc_cancel", new JsonObject { ["task_id"] = Task.Id }, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Release()
    {
        Slot.Current.Mcpc.Forget(Task.Id);
        _inputs?.Dispose();
    }

    private void Take(McpcMessage message)
    {
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
        double? percent = (result as JsonObject)?["progress"] is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number) ? number : null;
        double? total = (result as JsonObject)?["total"] is JsonValue end && end.TryGetValue(out double last) && double.IsFinite(last) && last > 0 ? last : null;

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
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonObject members => TextOf(members["status"]) ?? TextOf(members["message"]),
        _ => null,
    };

    /// <summary>The message's result in the form that a call's result has, so that nobody has to know where it came from.</summary>
    private static ToolCallResult ResultOf(JsonNode? result)
    {
        string text = result is JsonValue value && value.TryGetValue(out string? plain) ? plain : result?.ToJsonString() ?? "";
        var raw = new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) };
        if (result is JsonObject or JsonArray)
        {
            raw["structuredContent"] = result.DeepClone();
        }

        return new ToolCallResult(raw, 0);
    }
}
