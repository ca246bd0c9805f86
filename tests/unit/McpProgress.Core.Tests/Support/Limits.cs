namespace McpProgress.Core.Tests.Support;

/// <summary>Bounds that only a hanging test reaches, wide enough for a busy machine.</summary>
internal static class Limits
{
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    public static Task Within(this Task task) => task.WaitAsync(Generous);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Generous);

    /// <summary>The failure a task is to end in.</summary>
    public static async Task<McpFailureException> FailureAsync(this Task task, string errorId)
    {
        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => task.Within());
        Assert.True(errorId == failure.ErrorId, $"Expected {errorId}, got {failure.ErrorId}: {failure}");
        return failure;
    }
}
