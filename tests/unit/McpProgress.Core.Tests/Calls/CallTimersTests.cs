using McpProgress.Core.Calls;
using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Calls;

public sealed class CallTimersTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly CallProgress _progress;

    public CallTimersTests() => _progress = new CallProgress(1, _time, null);

    [Fact]
    public void Silence_ends_the_call_when_the_idle_timeout_is_over()
    {
        using CallTimers timers = Start(idle: 10);
        _time.Advance(10 * Second - TimeSpan.FromTicks(1));
        Assert.Equal(CallEnd.None, timers.End);
        Assert.False(timers.Ended.IsCancellationRequested);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(CallEnd.IdleTimeout, timers.End);
        Assert.True(timers.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Progress_starts_the_idle_timeout_anew()
    {
        using CallTimers timers = Start(idle: 10);
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(9 * Second);
            _progress.Apply(i, null, null);
        }

        Assert.Equal(CallEnd.None, timers.End);
        _time.Advance(10 * Second - TimeSpan.FromTicks(1));
        Assert.Equal(CallEnd.None, timers.End);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(CallEnd.IdleTimeout, timers.End);
    }

    [Fact]
    public void The_cap_fires_in_spite_of_progress()
    {
        using CallTimers timers = Start(idle: 10, cap: 60);
        for (int i = 1; i < 60; i++)
        {
            _time.Advance(Second);
            _progress.Apply(i, null, null);
            Assert.Equal(CallEnd.None, timers.End);
        }

        _time.Advance(Second);
        Assert.Equal(CallEnd.Timeout, timers.End);
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        using CallTimers timers = Start();
        _time.Advance(TimeSpan.FromDays(1000));
        Assert.Equal(CallEnd.None, timers.End);
        Assert.Equal(0, _time.Pending);
    }

    [Fact]
    public void The_caller_can_cancel()
    {
        using var caller = new CancellationTokenSource();
        using CallTimers timers = Start(idle: 10, cap: 60, caller.Token);
        caller.Cancel();
        Assert.Equal(CallEnd.Cancelled, timers.End);
        Assert.True(timers.Ended.IsCancellationRequested);
    }

    [Fact]
    public void A_caller_that_has_already_cancelled_ends_the_call_at_once()
    {
        using CallTimers timers = Start(idle: 10, cap: 60, new CancellationToken(canceled: true));
        Assert.Equal(CallEnd.Cancelled, timers.End);
    }

    [Fact]
    public void The_first_reason_stays()
    {
        using var caller = new CancellationTokenSource();
        using CallTimers timers = Start(idle: 10, cap: 20, caller.Token);
        _time.Advance(10 * Second);
        caller.Cancel();
        _time.Advance(10 * Second);
        Assert.Equal(CallEnd.IdleTimeout, timers.End);
    }

    [Fact]
    public void Disposing_sets_everything_at_rest()
    {
        using var caller = new CancellationTokenSource();
        CallTimers timers = Start(idle: 10, cap: 20, caller.Token);
        timers.Dispose();
        Assert.Equal(0, _time.Pending);
        _time.Advance(TimeSpan.FromMinutes(10));
        caller.Cancel();
        Assert.Equal(CallEnd.None, timers.End);
    }

    [Fact]
    public void A_timer_may_fire_before_the_constructor_is_through()
    {
        // A clock whose timers fire at once: what a thread preempted for the length of the timeout sees.
        var hasty = new HastyTimeProvider();
        using var timers = new CallTimers(new CallProgress(1, hasty, null), Second, TimeSpan.Zero, hasty, CancellationToken.None);
        Assert.Equal(CallEnd.None, timers.End);
        Assert.Equal(2, hasty.Set);
    }

    private CallTimers Start(double idle = 0, double cap = 0, CancellationToken caller = default) =>
        new(_progress, TimeSpan.FromSeconds(idle), TimeSpan.FromSeconds(cap), _time, caller);

    /// <summary>Fires the first timer as soon as it is set, although no time has passed.</summary>
    private sealed class HastyTimeProvider : TimeProvider
    {
        public int Set { get; private set; }

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new HastyTimer(this, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }

        private sealed class HastyTimer(HastyTimeProvider clock, Action fire) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime != Timeout.InfiniteTimeSpan && ++clock.Set == 1)
                {
                    fire();
                }

                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
