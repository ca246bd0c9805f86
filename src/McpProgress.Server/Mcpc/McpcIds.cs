using System.Text.Json.Nodes;

namespace McpProgress.Server.Mcpc;

/// <summary>The ids by which a call says that it wants MCPC.</summary>
/// <param name="SessionId">The session the client chose; <c>default</c> if it chose none.</param>
/// <param name="TaskId">The task the client chose; a fresh one if it chose none.</param>
internal sealed record McpcIds(string SessionId, string TaskId)
{
    /// <summary>The session of clients that name none.</summary>
    public const string DefaultSession = "default";

    /// <summary>
    /// Takes the ids out of a call's arguments, so that neither the tool nor its schema sees them: dialects A and B carry
    /// them as <c>_metadata</c>, C as <c>mcpc_params</c>.
    /// </summary>
    /// <returns>Null when there are none: a plain call.</returns>
    public static McpcIds? Take(JsonObject? arguments) =>
        Take(arguments, "_metadata", "mcpc_session_id", "mcpc_task_id") ?? Take(arguments, "mcpc_params", "session_id", "task_id");

    private static McpcIds? Take(JsonObject? arguments, string member, string sessionName, string taskName)
    {
        if (arguments?[member] is not JsonObject ids || !(ids.ContainsKey(sessionName) || ids.ContainsKey(taskName)))
        {
            return null;
        }

        arguments.Remove(member);
        return new McpcIds(TextOf(ids[sessionName]) ?? DefaultSession, TextOf(ids[taskName]) ?? Guid.NewGuid().ToString());
    }

    private static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
}
