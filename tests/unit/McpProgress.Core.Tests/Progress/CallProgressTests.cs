using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Progress;

public sealed class CallProgressTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingObserver _observer = new();

    [Fact]
    public void Every_update_is_kept_as_it_came()
    {
        CallProgress call = new(1, _time, _observer);
        call.Apply(5, null, "no total");
        call.Apply(50, 100, null);
        call.Apply(50, 100, null);
        _time.Advance(TimeSpan.FromSeconds(2));
        call.Apply(20, 100, "back");
        Assert.Equal(
            [
                new ProgressUpdate(1, 5, null, "no total", _time.GetUtcNow() - TimeSpan.FromSeconds(2)),
                new ProgressUpdate(2, 50, 100, null, _time.GetUtcNow() - TimeSpan.FromSeconds(2)),
                new ProgressUpdate(3, 50, 100, null, _time.GetUtcNow() - TimeSpan.FromSeconds(2)),
                new ProgressUpdate(4, 20, 100, "back", _time.GetUtcNow()),
            ],
            _observer.Updates);
        Assert.Equal(4, call.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void A_total_that_cannot_be_one_is_unknown(double total)
    {
        new CallProgress(1, _time, _observer).Apply(5, total, null);
        Assert.Null(_observer.Updates[0].Total);
        Assert.Equal(-1, _observer.Updates[0].PercentComplete);
    }

    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(1, 3, 33)]
    [InlineData(99.99, 100, 99)]
    [InlineData(100, 100, 100)]
    [InlineData(150, 100, 100)]
    [InlineData(-5, 100, 0)]
    [InlineData(1, double.Epsilon, 100)]
    [InlineData(double.MaxValue, double.MaxValue, 100)]
    [InlineData(double.MaxValue, 0.5, 100)]
    [InlineData(double.MinValue, 0.5, 0)]
    public void Percent_is_rounded_down_and_clamped(double progress, double total, int expected) =>
        Assert.Equal(expected, new ProgressUpdate(1, progress, total, null, default).PercentComplete);

    [Fact]
    public void Idle_time_starts_anew_with_every_update()
    {
        CallProgress call = new(1, _time, null);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), call.Idle);
        call.Apply(1, null, null);
        Assert.Equal(TimeSpan.Zero, call.Idle);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), call.Idle);
    }
}
