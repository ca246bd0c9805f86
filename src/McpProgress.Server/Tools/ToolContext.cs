using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Tools;

/// <summary>What a tool may do while it runs: report progress, log, wait, and notice that it was cancelled.</summary>
/// <param name="channel">Where progress and log messages go.</param>
/// <param name="cancellationToken">Cancelled when the caller no longer wants the result.</param>
public sealed class ToolContext(IToolChannel channel, CancellationToken cancellationToken)
{
    /// <summary>Cancelled when the caller no longer wants the result. A tool that works long must watch it.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Reports progress. Reports are sent in the order they are made; too frequent ones give way to newer ones.</summary>
    /// <param name="progress">How far the work is; finite.</param>
    /// <param name="total">How far it will go, in the same unit; null when nobody knows.</param>
    /// <param name="message">What is being done, for a person to read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite: JSON has no form for it.</exception>
    public ValueTask ReportProgressAsync(double progress, double? total = null, string? message = null)
    {
        if (!double.IsFinite(progress))
        {
            throw new ArgumentOutOfRangeException(nameof(progress), progress, "Progress must be a finite number.");
        }

        if (total is { } t && !double.IsFinite(t))
        {
            throw new ArgumentOutOfRangeException(nameof(total), total, "A total must be a finite number; leave it out when it is unknown.");
        }

        return channel.ReportProgressAsync(new ProgressUpdate(progress, total, message));
    }

    /// <summary>Sends a log message to the client, if it asked for messages of this level.</summary>
    /// <param name="level">How serious it is.</param>
    /// <param name="message">The text.</param>
    public ValueTask LogAsync(LogLevel level, string message) => channel.LogAsync(level, message);

    /// <summary>Sends a log message of level <c>info</c>.</summary>
    /// <param name="message">The text.</param>
    public ValueTask LogInfoAsync(string message) => channel.LogAsync(LogLevel.Information, message);
}
