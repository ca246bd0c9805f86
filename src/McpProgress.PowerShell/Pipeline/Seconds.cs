namespace McpProgress.PowerShell.Pipeline;

/// <summary>Seconds as users give them.</summary>
internal static class Seconds
{
    /// <summary>What no timer can count is as good as for ever, which is zero.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    public static TimeSpan ToTimeSpan(double seconds) => seconds >= Longest.TotalSeconds ? TimeSpan.Zero : TimeSpan.FromSeconds(seconds);
}
