using McpProgress.Core.Tasks;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>Waiting for what a task does, without asking it again and again.</summary>
internal static class Watching
{
    /// <summary>Returns when a condition holds, now or after one of the task's changes.</summary>
    public static async Task UntilAsync(this BackgroundTask task, Func<BackgroundTask, bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(BackgroundTask of)
        {
            if (condition(of))
            {
                reached.TrySetResult();
            }
        }

        task.Changed += Look;
        Look(task);
        await reached.Task.WaitAsync(FakeServer.Generous);
        task.Changed -= Look;
    }

    public static Task UntilAsync(this BackgroundTask task, BackgroundStatus status) => task.UntilAsync(of => of.State.Status == status);

    /// <summary>The failure a task ends in.</summary>
    public static async Task<McpFailureException> FailureAsync(this BackgroundTask task, string errorId)
    {
        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.WaitAsync(FakeServer.Generous));
        Assert.True(errorId == failure.ErrorId, $"Expected {errorId}, got {failure.ErrorId}: {failure}");
        return failure;
    }
}
