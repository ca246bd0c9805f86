using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Tools;

/// <summary>
/// Where what a running tool says goes. A plain call sends it over the request's own stream; a task keeps it in its
/// store. The tool cannot tell the difference, which is why it is written only once.
/// </summary>
public interface IToolChannel
{
    /// <summary>Takes one progress update; it may wait for a slow reader, and never fails because a client is gone.</summary>
    /// <param name="update">The update; its numbers are finite.</param>
    ValueTask ReportProgressAsync(ProgressUpdate update);

    /// <summary>Takes one log message; the channel decides whether anyone asked for it.</summary>
    /// <param name="level">How serious it is.</param>
    /// <param name="message">The text.</param>
    ValueTask LogAsync(LogLevel level, string message);
}
