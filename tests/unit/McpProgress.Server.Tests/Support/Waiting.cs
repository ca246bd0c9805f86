namespace McpProgress.Server.Tests.Support;

/// <summary>The outer bound of every wait: far beyond what is needed, so that only a hang meets it.</summary>
internal static class Waiting
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);
}
