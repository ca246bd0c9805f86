namespace McpProgress.Core.Progress;

/// <summary>One progress notification, as it came and in the order it came.</summary>
/// <param name="Sequence">1 for the first update of the call, then one more each.</param>
/// <param name="Progress">The progress so far, in the server's own unit. Always finite.</param>
/// <param name="Total">The value <paramref name="Progress"/> ends at; null when the server does not know, or said 0 or less.</param>
/// <param name="Message">What the server said with it, unchanged; null when it said nothing.</param>
/// <param name="Timestamp">When it was read.</param>
public readonly record struct ProgressUpdate(long Sequence, double Progress, double? Total, string? Message, DateTimeOffset Timestamp)
{
    /// <summary>0 to 100, clamped; −1 while the total is unknown.</summary>
    public int PercentComplete => Total is { } total ? (int)Math.Clamp(Progress / total * 100, 0, 100) : -1;
}
