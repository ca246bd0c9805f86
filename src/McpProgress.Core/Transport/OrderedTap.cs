using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Events;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Progress;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>
/// Handles, in wire order and before the SDK sees anything, the messages whose order matters. The SDK hands every
/// message to its own task, so behind it four of five progress updates arrive out of order, some after the result.
/// </summary>
internal sealed class OrderedTap(ProgressRouter progress, TransportStatistics statistics)
{
    private const string LogMethod = "notifications/message";
    private const string SubscribedMethod = "notifications/subscriptions/acknowledged";
    private const string ToolsChangedMethod = "notifications/tools/list_changed";
    private const string TaskStatusMethod = "notifications/tasks/status";
    private const string TaskMethod = "notifications/tasks";

    private JsonRpcRequest? _handshake;

    /// <summary>What the server answered to <c>initialize</c> or <c>server/discover</c>, whole: the SDK keeps only what it knows.</summary>
    public JsonObject? Handshake { get; private set; }

    /// <summary>Told of each log message of the server, in order.</summary>
    public Action<ServerLogMessage>? LogReceived { get; set; }

    /// <summary>Told when the server says that its list of tools has changed.</summary>
    public Action? ToolsChanged { get; set; }

    /// <summary>Told of each change of a task, with the task's state as the server sends it (both task revisions).</summary>
    public Action<JsonObject>? TaskChanged { get; set; }

    /// <summary>Told of each MCPC message that comes as a callback.</summary>
    public Action<McpcMessage>? McpcReceived { get; set; }

    /// <summary>Told of each result with the id of its request: MCPC sends the first message of a task in one.</summary>
    public Action<(long RequestId, JsonObject Result)>? Answered { get; set; }

    /// <summary>Gets what one of those told above throws: it must neither end the reader nor swallow the message.</summary>
    public Action<Exception>? ObserverFailed { get; set; }

    /// <summary>Asked for with every request of revision 2026-07-28, which sends no logs otherwise.</summary>
    public string? LogLevel { get; set; }

    /// <summary>Takes a line that is a progress notification. False: the line is something else.</summary>
    public bool TryTake(ReadOnlySpan<byte> line)
    {
        if (!ProgressLine.TryRead(line, out ProgressLine.Content content))
        {
            return false;
        }

        statistics.MessageIn();
        statistics.Progress(progress.Apply(content));
        return true;
    }

    /// <summary>Takes a message that ends here. False: the SDK is to have it.</summary>
    public bool TryTake(JsonRpcMessage message)
    {
        statistics.MessageIn();
        switch (message)
        {
            case JsonRpcResponse { Id.Id: McpcMessage.CallbackId } callback:
                TakeCallback(callback);
                return true;

            case JsonRpcMessageWithId response and (JsonRpcResponse or JsonRpcError):
                if (response is JsonRpcResponse answer)
                {
                    TakeHandshake(answer);
                }

                if (!progress.ResponseReceived(response))
                {
                    return true;
                }

                if (response is JsonRpcResponse { Id.Id: long id, Result: JsonObject result })
                {
                    Tell(Answered, (id, result));
                }

                return false;

            case JsonRpcNotification { Method: ProgressLine.Method } notification:
                statistics.Progress(progress.Apply(ProgressLine.Read(notification.Params)));
                return true;

            case JsonRpcNotification { Method: LogMethod } notification:
                Tell(LogReceived, ServerLogMessage.Read(notification.Params));
                return true;

            case JsonRpcNotification { Method: ToolsChangedMethod }:
                ToolsChanged?.Invoke();
                return true;

            case JsonRpcNotification { Method: SubscribedMethod }:
                // What changed before the subscription held was told to nobody.
                ToolsChanged?.Invoke();
                return false;

            case JsonRpcNotification { Method: TaskStatusMethod or TaskMethod, Params: JsonObject state }:
                Tell(TaskChanged, state);
                return true;

            default:
                return false;
        }
    }

    /// <summary>Looks at a message before it is sent.</summary>
    public void Sending(JsonRpcMessage message)
    {
        if (message is JsonRpcRequest request)
        {
            progress.RequestSent(request);
            if (request.Method is RequestMethods.Initialize or RequestMethods.ServerDiscover)
            {
                _handshake = request;
            }

            if (LogLevel is { } level && request.Params is JsonObject parameters && parameters["_meta"] is JsonObject meta)
            {
                meta[MetaKeys.LogLevel] = level;
            }
        }

        statistics.MessageOut();
    }

    private void Tell<T>(Action<T>? observer, T news) => Observers.Tell(observer, news, ObserverFailed);

    private void TakeHandshake(JsonRpcResponse response)
    {
        if (_handshake is not { } request || response.Id != request.Id)
        {
            return;
        }

        _handshake = null;
        if (request.Method == RequestMethods.ServerDiscover && response.Result.Member("supportedVersions") is not JsonArray)
        {
            // A server that answers what it does not know with an empty result has not discovered anything. The SDK would
            // give up on it; told that no version is supported, it goes on to initialize, as after an error.
            response.Result = new JsonObject { ["supportedVersions"] = new JsonArray(), ["capabilities"] = new JsonObject() };
        }
        else if (response.Result is JsonObject result)
        {
            // What initialize says holds, whatever the server has answered to discover before; a later discover is a ping.
            Handshake = request.Method == RequestMethods.Initialize || Handshake is null ? (JsonObject)result.DeepClone() : Handshake;
        }
    }

    // MCPC sends callbacks as responses with an id of its own, which no request of ours has.
    private void TakeCallback(JsonRpcResponse callback)
    {
        foreach (JsonNode? block in callback.Result.Member("content") as JsonArray ?? [])
        {
            if (block.Member("text").Text() is { } json && McpcMessage.TryParse(json, out McpcMessage message))
            {
                Tell(McpcReceived, message);
            }
        }
    }
}

/// <summary>A log message of the server (<c>notifications/message</c>).</summary>
/// <param name="Level">debug, info, notice, warning, error, critical, alert or emergency.</param>
/// <param name="Logger">The name of the logger, when the server gives one.</param>
/// <param name="Text">The data as text: itself when it is a string, JSON otherwise.</param>
public sealed record ServerLogMessage(string Level, string? Logger, string Text)
{
    /// <summary>The progress token of the call it belongs to, where the server says (our own do).</summary>
    public long? ProgressToken { get; init; }

    /// <summary>The task it belongs to, where the server says (revision 2025-11-25 wants it said).</summary>
    public string? TaskId { get; init; }

    /// <summary>Whether the server says what it belongs to.</summary>
    public bool IsRelated => ProgressToken is not null || TaskId is not null;

    internal static ServerLogMessage Read(JsonNode? parameters)
    {
        JsonNode? meta = parameters.Member("_meta");
        return new(parameters.Member("level").Text() ?? "info", parameters.Member("logger").Text(), DataOf(parameters.Member("data")))
        {
            ProgressToken = meta.Member("mcpprogress/progressToken") is JsonValue value && value.TryGetValue(out long token) ? token : null,
            TaskId = meta.Member("io.modelcontextprotocol/related-task").Member("taskId").Text(),
        };
    }

    private static string DataOf(JsonNode? data)
    {
        try
        {
            return data is null ? "" : data.Text() ?? data.ToJsonString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return "(a message that is not valid text)";
        }
    }
}
