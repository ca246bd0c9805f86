using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Events;

/// <summary>
/// Publishes the events of one connection, call or piece of background work, each with the event that caused it.
/// </summary>
internal sealed class EventScope(EventHub? hub, string server, string? callId = null, string? taskId = null)
{
    /// <summary>A longer text stays out of the ring: it keeps events by number, not by size.</summary>
    private const int LongestText = 4000;

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
    public void Publish(string name, JsonObject payload) => hub?.Publish(server, name, callId, TaskId, _root, payload);

    /// <summary>Publishes a progress update.</summary>
    public void PublishProgress(in ProgressUpdate update) => hub?.PublishProgress(server, callId, TaskId, _root, update);

    /// <summary>Publishes the end of a call or task.</summary>
    public void Finish(string tool, ToolCallResult result)
    {
        if (hub is null)
        {
            return;
        }

        string text = result.Text;
        bool fits = text.Length <= LongestText;
        var payload = new JsonObject { ["tool"] = tool, ["isError"] = result.IsError, ["text"] = fits ? text : text[..LongestText] };
        if (fits && result.StructuredContent is { } structured)
        {
            payload["structuredContent"] = structured.DeepClone();
        }

        if (!fits)
        {
            payload["truncated"] = true;
        }

        Publish(EventNames.Result, payload);
    }

    /// <summary>Publishes the failure or cancellation of a call or task.</summary>
    public void Finish(string tool, McpFailureException failure) => Publish(
        failure.ErrorId == ErrorIds.Cancelled ? EventNames.Cancelled : EventNames.Failed,
        new JsonObject { ["tool"] = tool, ["errorId"] = failure.ErrorId, ["message"] = failure.Message });
}
