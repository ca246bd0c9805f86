using McpProgress.Core.Tests.Faults;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Transport;

[Collection(nameof(Alone))]
public sealed class PendingRequestsTests
{
    [Fact]
    public void A_request_that_nobody_waits_for_any_more_leaves_no_exception_behind()
    {
        var unobserved = new List<string>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e) => unobserved.Add(e.Exception.InnerException!.Message);
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            AddAndEnd();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        Assert.DoesNotContain("pending requests", unobserved);
    }

    [Fact]
    public async Task What_follows_an_answer_runs_where_it_is_waited_for()
    {
        Action? next = null;
        int thread = 0;
        var pending = new PendingRequests();
        Task following = FollowAsync(pending.Add(new RequestId(1), action =>
        {
            next = action;
            return true;
        }).Task);

        Assert.True(pending.TryAnswer(new JsonRpcResponse { Id = new RequestId(1), Result = null }));
        Assert.Equal(0, thread);

        // As PowerShell's pipeline thread: xUnit's context would take it elsewhere.
        var waiting = new Thread(() => next!());
        waiting.Start();
        waiting.Join();

        Assert.Equal(waiting.ManagedThreadId, thread);
        await following;

        async Task FollowAsync(Task<JsonRpcMessageWithId> answer)
        {
            await answer.ConfigureAwait(false);
            thread = Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task What_follows_runs_on_the_pool_where_nobody_takes_it_and_never_on_the_reader()
    {
        var pending = new PendingRequests();
        Task<bool> onPool = FollowAsync(pending.Add(new RequestId(1), static _ => false).Task);
        var reader = new Thread(() => pending.TryAnswer(new JsonRpcResponse { Id = new RequestId(1), Result = null }));
        reader.Start();
        reader.Join();

        Assert.True(await onPool.Within());

        static async Task<bool> FollowAsync(Task<JsonRpcMessageWithId> answer)
        {
            await answer.ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public async Task The_end_of_the_transport_reaches_those_who_wait_on_a_thread_of_their_own()
    {
        var pending = new PendingRequests();
        Task waiting = pending.Add(new RequestId(1), static _ => false).Task;
        pending.End(new IOException("gone"));

        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => waiting.Within())).Message);
    }

    // On its own, so that nothing of it is left on the stack.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void AddAndEnd()
    {
        var pending = new PendingRequests();
        _ = pending.Add(new RequestId(1));
        pending.End(new IOException("pending requests"));
        _ = pending.Add(new RequestId(2));
    }
}
