using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Events;

/// <summary>
/// Publishes the events of one connection, call or piece of background work, each with the event that caused it.
/// </summary>
internal sealed class EventScope(EventHub? hub, string server, string? callId = null, string? taskId = null)
{
    /// <summary>A longer text is cut: the ring keeps events by number, not by size, and what comes is a server's.</summary>
    internal const int LongestText = 4000;

    /// <summary>A longer object or list, as JSON, is left out.</summary>
    internal const int LongestStructure = 16_000;

    private static readonly AsyncLocal<long> Causing = new();
    private long _root;

    /// <summary>The background work; the server may give it another id when it takes it.</summary>
    public string? TaskId { get; set; } = taskId;

    /// <summary>The event that is being handled right now, which causes whatever the handler starts; 0 for none.</summary>
    public static long Current
    {
        get => Causing.Value;
        set => Causing.Value = value;
    }

    /// <summary>Publishes the event that the scope begins with; all others follow from it.</summary>
    /// <param name="name">The event.</param>
    /// <param name="parent">What caused it, where nothing is being handled.</param>
    /// <param name="payload">What it carries.</param>
    public void Open(string name, EventScope? parent, JsonObject payload) =>
        _root = hub?.Publish(server, name, callId, TaskId, Current != 0 ? Current : parent?._root ?? 0, payload).Sequence ?? 0;

    /// <summary>Publishes an event.</summary>
    /// <param name="name">The event.</param>
    /// <param name="payload">What it carries; what is too large or cannot be read is cut, and <c>truncated</c> added.</param>
    public void Publish(string name, JsonObject payload)
    {
        if (hub is not null)
        {
            hub.Publish(server, name, callId, TaskId, _root, Bounded(payload));
        }
    }

    /// <summary>Tells observers, and reports those that throw.</summary>
    public void Tell<T>(Action<T>? observers, T news) => Observers.Tell(observers, news, Report);

    /// <summary>Reports what an observer threw. Without a stream nobody has asked to be told.</summary>
    public void Report(Exception exception) => hub?.Report(exception);

    /// <summary>Publishes a progress update.</summary>
    public void PublishProgress(in ProgressUpdate update)
    {
        if (hub is not null)
        {
            bool fits = update.Message is not { Length: > LongestText };
            hub.PublishProgress(server, callId, TaskId, _root, fits ? update : update with { Message = update.Message![..LongestText] });
        }
    }

    /// <summary>Publishes the end of a call or task.</summary>
    public void Finish(string tool, ToolCallResult result)
    {
        if (hub is null)
        {
            return;
        }

        var payload = new JsonObject { ["tool"] = tool, ["isError"] = result.IsError, ["text"] = result.Text };
        if (result.StructuredContent is { } structured)
        {
            payload["structuredContent"] = structured.DeepClone();
        }

        Publish(EventNames.Result, payload);
    }

    /// <summary>Publishes the failure or cancellation of a call or task.</summary>
    public void Finish(string tool, McpFailureException failure) => Publish(
        failure.ErrorId == ErrorIds.Cancelled ? EventNames.Cancelled : EventNames.Failed,
        new JsonObject { ["tool"] = tool, ["errorId"] = failure.ErrorId, ["message"] = failure.Message });

    private static JsonObject Bounded(JsonObject payload)
    {
        bool isCut = false;
        foreach ((string key, JsonNode? value) in payload.ToArray())
        {
            if (value.Text() is { Length: > LongestText } text)
            {
                payload[key] = text[..LongestText];
                isCut = true;
            }
            else if (!CanCarry(value))
            {
                payload.Remove(key);
                isCut = true;
            }
        }

        if (isCut)
        {
            payload["truncated"] = true;
        }

        return payload;
    }

    /// <summary>
    /// Whether it is short enough, and can be read to its last leaf: a server may give a member twice, or half a character,
    /// and what reads events must not stumble over it.
    /// </summary>
    private static bool CanCarry(JsonNode? value)
    {
        if (value is null || value.Text() is not null || value.GetValueKind() is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String))
        {
            return true;
        }

        try
        {
            string json = value.ToJsonString();
            if (json.Length > LongestStructure)
            {
                return false;
            }

            using var read = JsonDocument.Parse(json, LenientJson.OneOfEach);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
