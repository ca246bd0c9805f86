using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Mcpc;

/// <summary>
/// One message of the MCP Callback Protocol, as the Python package <c>mcpc</c> 0.2.0 to 0.2.6 writes and reads it.
/// </summary>
public sealed record McpcMessage
{
    /// <summary>The id of the JSON-RPC response a callback travels in.</summary>
    public const string CallbackId = "MCPC_CALLBACK";

    /// <summary>The value of <c>type</c> for messages of a task.</summary>
    public const string TaskType = "task";

    /// <summary>The value of <c>type</c> for messages of the server itself.</summary>
    public const string ServerEventType = "server_event";

    private const string ProtocolName = "mcpc";

    private static readonly string[] TaskEvents = ["created", "update", "complete", "failed"];

    // Letters stay letters, as Python's json and pydantic leave them.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private McpcMessage(string type, string @event, string sessionId, string? taskId, string? toolName, JsonNode? result, long? sequence)
    {
        Type = type;
        Event = @event;
        SessionId = sessionId;
        TaskId = taskId;
        ToolName = toolName;
        Result = result;
        Sequence = sequence;
    }

    /// <summary><see cref="TaskType"/> or <see cref="ServerEventType"/>.</summary>
    public string Type { get; }

    /// <summary>created, update, complete or failed for a task; any name for a server event.</summary>
    public string Event { get; }

    /// <summary>The session the client chose.</summary>
    public string SessionId { get; }

    /// <summary>The task; null for a server event.</summary>
    public string? TaskId { get; }

    /// <summary>The tool; null for a server event.</summary>
    public string? ToolName { get; }

    /// <summary>The content: any JSON.</summary>
    public JsonNode? Result { get; }

    /// <summary>The place in the sequence of the task's messages, counted from 0: an addition of ours, null from other servers.</summary>
    public long? Sequence { get; init; }

    /// <summary>Makes a message of a task (<c>create_message</c> of the original, with its checks and their wording).</summary>
    /// <exception cref="ArgumentException">An id is missing, or the event is none of a task.</exception>
    public static McpcMessage Create(string @event, string? toolName, string? sessionId, string? taskId, JsonNode? result = null)
    {
        if (string.IsNullOrEmpty(toolName) || string.IsNullOrEmpty(sessionId) || string.IsNullOrEmpty(taskId))
        {
            throw new ArgumentException("tool_name, session_id, and task_id are required for task messages");
        }

        return TaskEvents.Contains(@event, StringComparer.Ordinal)
            ? new McpcMessage(TaskType, @event, sessionId, taskId, toolName, result, null)
            : throw new ArgumentException("task messages must use one of: created, update, complete, failed");
    }

    /// <summary>Makes an event of the server (<c>create_server_event</c> of the original).</summary>
    /// <exception cref="ArgumentException">The session id is missing.</exception>
    public static McpcMessage CreateServerEvent(string @event, string? sessionId, JsonNode? result = null) =>
        string.IsNullOrEmpty(sessionId)
            ? throw new ArgumentException("session_id is required for server event messages")
            : new McpcMessage(ServerEventType, @event, sessionId, null, null, result, null);

    /// <summary>
    /// Reads a message. As the original does: a missing <c>type</c> is a task, a missing <c>protocol</c> is mcpc, extra
    /// members are fine; another protocol, an unknown type and text that is not JSON are not MCPC. Unknown events are let through.
    /// </summary>
    public static bool TryParse(string? text, out McpcMessage message)
    {
        message = null!;
        return ReadObject(text) is { } members && TryRead(members, out message);
    }

    /// <summary>Reads a text that holds an object, all of which can be read later; null when it does not.</summary>
    internal static JsonObject? ReadObject(string? text)
    {
        if (text is null || !text.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }

        try
        {
            // A doubled member would throw when it is read, wherever in the result it is.
            return JsonNode.Parse(Surrogates.Mend(text), documentOptions: LenientJson.OneOfEach) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The message in the original's order of members, nulls written, and <c>seq</c> behind them when there is one.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteString("event", Event);
            json.WriteString("session_id", SessionId);
            json.WriteString("task_id", TaskId);
            json.WriteString("tool_name", ToolName);
            json.WritePropertyName("result");
            if (Result is null)
            {
                json.WriteNullValue();
            }
            else
            {
                Result.WriteTo(json);
            }

            json.WriteString("protocol", ProtocolName);
            if (Sequence is { } sequence)
            {
                json.WriteNumber("seq", sequence);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static bool TryRead(JsonObject members, out McpcMessage message)
    {
        message = null!;
        string type = members["type"].Text() ?? TaskType;
        if ((members["protocol"].Text() ?? ProtocolName) != ProtocolName ||
            members["event"].Text() is not { } @event ||
            members["session_id"].Text() is not { Length: > 0 } sessionId)
        {
            return false;
        }

        string? taskId = members["task_id"].Text();
        if (type is not (TaskType or ServerEventType) || (type == TaskType && string.IsNullOrEmpty(taskId)))
        {
            return false;
        }

        long? sequence = members["seq"] is JsonValue value && value.TryGetValue(out long number) ? number : null;
        JsonNode? result = members["result"];
        members.Remove("result");
        message = new McpcMessage(type, @event, sessionId, taskId, members["tool_name"].Text(), result, sequence);
        return true;
    }
}
