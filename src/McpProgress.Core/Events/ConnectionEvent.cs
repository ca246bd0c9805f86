using System.Text.Json.Nodes;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Events;

/// <summary>
/// Something that happened. Progress is kept as numbers and becomes JSON only for those who look, because a flood of it
/// must cost next to nothing.
/// </summary>
/// <param name="Sequence">The place in the stream: 1 for the first event of the hub, then one more each.</param>
/// <param name="Timestamp">When it happened.</param>
/// <param name="Server">The name of the connection; null for an event of the user's own.</param>
/// <param name="Name">One of <see cref="EventNames"/>, or the user's own.</param>
/// <param name="CallId">The call it belongs to.</param>
/// <param name="TaskId">The background work it belongs to.</param>
/// <param name="Parent">The sequence of the event that caused it; 0 for none.</param>
/// <param name="Payload">What it carries besides progress; never changed after publishing.</param>
/// <param name="Progress">The update, for <see cref="EventNames.Progress"/>.</param>
public readonly record struct ConnectionEvent(
    long Sequence,
    DateTimeOffset Timestamp,
    string? Server,
    string Name,
    string? CallId,
    string? TaskId,
    long Parent,
    JsonObject? Payload,
    ProgressUpdate Progress)
{
    /// <summary>What it carries, as JSON.</summary>
    public JsonObject Data => Name != EventNames.Progress || Payload is not null
        ? (JsonObject?)Payload?.DeepClone() ?? []
        : new JsonObject
        {
            ["sequence"] = Progress.Sequence,
            ["progress"] = Progress.Progress,
            ["total"] = Progress.Total,
            ["percentComplete"] = Progress.PercentComplete,
            ["message"] = Progress.Message,
        };
}
