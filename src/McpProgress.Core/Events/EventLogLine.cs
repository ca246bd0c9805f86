using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Events;

/// <summary>An event as a line of a log: what it was, without the stream it came from.</summary>
/// <param name="Id">Unique over all streams.</param>
/// <param name="Sequence">The place in its stream.</param>
/// <param name="Timestamp">When it happened.</param>
/// <param name="Server">The connection.</param>
/// <param name="Name">The name.</param>
/// <param name="CallId">The call.</param>
/// <param name="TaskId">The background work.</param>
/// <param name="ParentId">The id of the event that caused it.</param>
/// <param name="Data">What it carries.</param>
public sealed record EventLogLine(
    string Id, long Sequence, DateTimeOffset Timestamp, string? Server, string Name, string? CallId, string? TaskId, string? ParentId, JsonObject Data)
{
    /// <summary>An event of a hub.</summary>
    public static EventLogLine From(EventHub hub, in ConnectionEvent happened) => new(
        hub.IdOf(happened.Sequence),
        happened.Sequence,
        happened.Timestamp,
        happened.Server,
        happened.Name,
        happened.CallId,
        happened.TaskId,
        happened.Parent == 0 ? null : hub.IdOf(happened.Parent),
        happened.Data);

    /// <summary>Reads a line; false for a line that was torn by a crash, or is something else.</summary>
    public static bool TryParse(string line, out EventLogLine parsed)
    {
        parsed = null!;
        try
        {
            if (JsonNode.Parse(line, documentOptions: LenientJson.OneOfEach) is not JsonObject members ||
                Text(members["id"]) is not { } id ||
                Text(members["name"]) is not { } name ||
                !DateTimeOffset.TryParse(Text(members["timestamp"]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset timestamp))
            {
                return false;
            }

            long sequence = members["sequence"] is JsonValue value && value.TryGetValue(out long number) ? number : 0;
            var data = members["data"] as JsonObject ?? [];
            members.Remove("data");
            parsed = new EventLogLine(
                id, sequence, timestamp, Text(members["server"]), name, Text(members["callId"]), Text(members["taskId"]), Text(members["parentId"]), data);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
