using Microsoft.Extensions.Logging;

namespace McpProgress.Server;

/// <summary>Where a server process logs: its standard error, for the standard output belongs to the protocol.</summary>
public static class StandardErrorLog
{
    /// <summary>The loggers of a server process.</summary>
    public static ILoggerFactory Create() => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("McpProgress", LogLevel.Information)

        // The SDK reports every request it refuses, such as an unknown tool, as an error with a stack trace; the client
        // is told, and what tools do wrong is logged here.
        .AddFilter("ModelContextProtocol", LogLevel.Critical)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        })
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
