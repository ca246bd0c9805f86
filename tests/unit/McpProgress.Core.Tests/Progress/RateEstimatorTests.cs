using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Progress;

public sealed class RateEstimatorTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RateEstimator _rate;

    public RateEstimatorTests() => _rate = new RateEstimator(_time);

    [Fact]
    public void One_sample_is_no_rate()
    {
        _rate.Add(10);
        Assert.Null(_rate.PerSecond);
        Assert.Equal(-1, _rate.SecondsRemaining(10, 100));
    }

    [Fact]
    public void Samples_close_together_are_no_rate()
    {
        _rate.Add(0);
        After(0.2, 1000);
        Assert.Null(_rate.PerSecond);
        After(0.3, 1000);
        Assert.Equal(2000, _rate.PerSecond);
    }

    [Fact]
    public void A_steady_pace_gives_the_time_that_remains_rounded_up()
    {
        for (int i = 0; i <= 10; i++)
        {
            _rate.Add(i * 3);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, _rate.PerSecond!.Value, 1e-9);
        Assert.Equal(24, _rate.SecondsRemaining(30, 100));
        Assert.Equal(0, _rate.SecondsRemaining(100, 100));
        Assert.Equal(0, _rate.SecondsRemaining(150, 100));
    }

    [Fact]
    public void A_new_pace_takes_over_by_half_in_five_seconds()
    {
        _rate.Add(0);
        After(1, 10);
        After(5, 10 + (5 * 20));
        Assert.Equal(15, _rate.PerSecond!.Value, 1e-9);
    }

    [Fact]
    public void Going_back_counts_as_standing_still()
    {
        _rate.Add(0);
        After(1, 10);
        After(5, 0);
        Assert.Equal(5, _rate.PerSecond!.Value, 1e-9);
    }

    [Fact]
    public void Without_a_total_nothing_remains_to_be_said()
    {
        _rate.Add(0);
        After(1, 10);
        Assert.Equal(-1, _rate.SecondsRemaining(10, null));
    }

    [Fact]
    public void A_standstill_gives_no_time()
    {
        _rate.Add(5);
        After(1, 5);
        Assert.Equal(0, _rate.PerSecond);
        Assert.Equal(-1, _rate.SecondsRemaining(5, 100));
    }

    [Fact]
    public void Months_are_no_estimate()
    {
        _rate.Add(0);
        After(10, 0.001);
        Assert.Equal(-1, _rate.SecondsRemaining(0.001, 1_000_000));
    }

    [Theory]
    [InlineData(double.MinValue, double.MaxValue, double.MaxValue)]
    [InlineData(0, double.MaxValue, double.MaxValue)]
    [InlineData(0, double.Epsilon, double.MaxValue)]
    public void Numbers_without_measure_do_no_harm(double from, double to, double total)
    {
        _rate.Add(from);
        After(0.25, to);
        After(0.25, from);
        After(0.25, to);
        Assert.True(_rate.PerSecond is { } rate && double.IsFinite(rate), $"{_rate.PerSecond}");
        Assert.InRange(_rate.SecondsRemaining(to, total), -1, int.MaxValue);
    }

    private void After(double seconds, double progress)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _rate.Add(progress);
    }
}
