using McpProgress.Core.Tests.Faults;
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
