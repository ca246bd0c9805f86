using McpProgress.Server.Progress;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Progress;

public sealed class ProgressReporterTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<double> _sent = [];
    private readonly CancellationTokenSource _cancel = new();

    [Fact]
    public async Task The_first_update_goes_out_at_once()
    {
        using var reporter = Create(20);
        await reporter.ReportAsync(Update(1));
        Assert.Equal([1], _sent);
    }

    [Fact]
    public async Task Of_the_updates_within_an_interval_the_newest_goes_out_at_its_end()
    {
        using var reporter = Create(20);
        await ReportAsync(reporter, 1, 2, 3, 4);
        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal([1], _sent);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([1, 4], _sent);
    }

    [Fact]
    public async Task After_a_quiet_interval_an_update_goes_out_at_once()
    {
        using var reporter = Create(20);
        await reporter.ReportAsync(Update(1));
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await reporter.ReportAsync(Update(2));
        Assert.Equal([1, 2], _sent);
    }

    [Fact]
    public async Task No_more_than_the_rate_go_out_and_none_comes_out_of_order()
    {
        using var reporter = Create(20);
        for (var millisecond = 0; millisecond < 1000; millisecond++)
        {
            await reporter.ReportAsync(Update(millisecond));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // One at the start and one at the end of each of the 20 intervals.
        Assert.Equal(21, _sent.Count);
        Assert.Equal(_sent.Order(), _sent);
    }

    [Fact]
    public async Task The_last_update_goes_out_with_the_end_and_none_after_it()
    {
        using var reporter = Create(20);
        await ReportAsync(reporter, 1, 2, 3);
        await reporter.CompleteAsync();
        Assert.Equal([1, 3], _sent);

        await reporter.ReportAsync(Update(4));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 3], _sent);
    }

    [Fact]
    public async Task A_dropped_reporter_sends_nothing_more()
    {
        var reporter = Create(20);
        await ReportAsync(reporter, 1, 2);
        reporter.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([1], _sent);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(0)]
    public async Task A_cancelled_call_sends_nothing_more(double rate)
    {
        using var reporter = Create(rate);
        await reporter.ReportAsync(Update(1));
        await _cancel.CancelAsync();
        await reporter.ReportAsync(Update(2));
        await reporter.CompleteAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([1], _sent);
    }

    [Fact]
    public async Task Without_a_rate_every_update_goes_out_until_the_end()
    {
        using var reporter = Create(0);
        await ReportAsync(reporter, 1, 2, 2, 1);
        await reporter.CompleteAsync();
        await reporter.ReportAsync(Update(9));
        Assert.Equal([1, 2, 2, 1], _sent);
    }

    [Fact]
    public async Task While_a_slow_reader_blocks_the_newest_waits_and_the_end_waits_for_both()
    {
        var release = new TaskCompletionSource();
        using var reporter = new ProgressReporter(
            async update =>
            {
                await release.Task;
                _sent.Add(update.Progress);
            },
            20,
            _time,
            _cancel.Token);

        var first = reporter.ReportAsync(Update(1)).AsTask();
        await ReportAsync(reporter, 2, 3);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await reporter.ReportAsync(Update(4));
        var end = reporter.CompleteAsync().AsTask();
        Assert.False(first.IsCompleted);
        Assert.False(end.IsCompleted);

        release.SetResult();
        await Task.WhenAll(first, end).Soon();
        Assert.Equal([1, 4], _sent);
    }

    public void Dispose() => _cancel.Dispose();

    private ProgressReporter Create(double rate) => new(
        update =>
        {
            _sent.Add(update.Progress);
            return default;
        },
        rate,
        _time,
        _cancel.Token);

    private static ProgressUpdate Update(double progress) => new(progress, null, null);

    private static async Task ReportAsync(ProgressReporter reporter, params double[] values)
    {
        foreach (var value in values)
        {
            await reporter.ReportAsync(Update(value));
        }
    }
}
