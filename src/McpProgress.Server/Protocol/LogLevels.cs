using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>Log messages of tools in the protocol's terms.</summary>
internal static class LogLevels
{
    public static LoggingLevel ToWire(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => LoggingLevel.Debug,
        LogLevel.Information => LoggingLevel.Info,
        LogLevel.Warning => LoggingLevel.Warning,
        LogLevel.Error => LoggingLevel.Error,
        _ => LoggingLevel.Critical,
    };

    /// <summary>The parameters of <c>notifications/message</c>.</summary>
    /// <param name="logger">The tool.</param>
    /// <param name="level">How serious it is.</param>
    /// <param name="message">The text.</param>
    /// <param name="token">The progress token of the call it belongs to; null where the call has none.</param>
    /// <param name="taskId">The task it belongs to; null for a plain call.</param>
    public static LoggingMessageNotificationParams ToParameters(string logger, LoggingLevel level, string message, ProgressToken? token, string? taskId) =>
        new() { Level = level, Logger = logger, Data = JsonSerializer.SerializeToElement(message), Meta = RelationTo(token, taskId) };

    // The protocol has no member for the call a message belongs to, and where many calls share a stream nothing else tells
    // them apart: the call's own token does. Of a task, revision 2025-11-25 wants its id with all that belongs to it.
    private static JsonObject? RelationTo(ProgressToken? token, string? taskId)
    {
        var meta = taskId is null ? [] : ClientRequests.RelatedTask(taskId);
        if (token is { } known)
        {
            meta["mcpprogress/progressToken"] = JsonSerializer.SerializeToNode(known, McpJsonUtilities.DefaultOptions);
        }

        return meta.Count > 0 ? meta : null;
    }
}
