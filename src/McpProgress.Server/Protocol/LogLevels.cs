using System.Text.Json;
using Microsoft.Extensions.Logging;
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

    public static LoggingMessageNotificationParams ToParameters(string logger, LoggingLevel level, string message) =>
        new() { Level = level, Logger = logger, Data = JsonSerializer.SerializeToElement(message) };
}
