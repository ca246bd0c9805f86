using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Progress;

public sealed class ProgressPacerTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ProgressPacer _pacer;
    private long _sequence;
    private int _requests;

    public ProgressPacerTests() => _pacer = new ProgressPacer(ProgressPacer.ConsoleInterval, () => _requests++, _time);

    public void Dispose() => _pacer.Dispose();

    [Fact]
    public void The_first_update_asks_for_a_draw_at_once()
    {
        Update(1);
        Assert.Equal(1, _requests);
        Assert.Equal(1, Draw().Update.Progress);
    }

    [Fact]
    public void Until_it_is_drawn_there_is_one_request_and_the_draw_shows_the_newest()
    {
        for (int i = 1; i <= 1000; i++)
        {
            Update(i);
            _time.Advance(TimeSpan.FromMilliseconds(7));
        }

        Assert.Equal(1, _requests);
        Assert.Equal(1000, Draw().Update.Progress);
        Assert.False(_pacer.TryTake(out _));
    }

    [Fact]
    public void There_is_at_most_one_draw_an_interval_and_the_last_update_is_drawn()
    {
        var drawn = new List<(TimeSpan At, double Progress)>();
        for (int ms = 0; ms < 1000; ms++)
        {
            Update(ms);
            DrawRequested();
            _time.Advance(TimeSpan.FromMilliseconds(1));
            DrawRequested();
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        DrawRequested();
        Assert.Equal(999, drawn[^1].Progress);
        Assert.Equal(0, drawn[0].Progress);
        Assert.All(drawn.Zip(drawn.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At >= ProgressPacer.ConsoleInterval, $"{pair}"));
        Assert.Equal(11, drawn.Count);
        Assert.Equal(drawn.Count, _requests);

        void DrawRequested()
        {
            if (_requests > drawn.Count)
            {
                drawn.Add((TimeSpan.FromTicks(_time.GetTimestamp()), Draw().Update.Progress));
            }
        }
    }

    [Fact]
    public void An_update_after_a_pause_is_drawn_at_once()
    {
        Update(1);
        Draw();
        _time.Advance(TimeSpan.FromSeconds(3));
        Update(2);
        Assert.Equal(2, _requests);
    }

    [Fact]
    public void The_end_of_a_call_takes_the_last_update_without_waiting_and_no_request_follows()
    {
        Update(1);
        Draw();
        Update(2);
        Assert.Equal(1, _requests);
        Assert.Equal(2, Draw().Update.Progress);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _requests);
    }

    [Fact]
    public void A_disposed_pacer_asks_for_nothing_and_still_shows_the_last_update()
    {
        Update(1);
        Draw();
        Update(2);
        _pacer.Dispose();
        Update(3);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _requests);
        Assert.Equal(0, _time.Pending);
        Assert.Equal(3, Draw().Update.Progress);
    }

    [Fact]
    public void The_bar_never_moves_back()
    {
        int[] expected = [50, 50, 60, 100, 100, 100];
        (double Progress, double? Total)[] updates = [(50, 100), (20, 100), (60, 100), (150, 100), (1, null), (70, 100)];
        foreach (((double progress, double? total), int percent) in updates.Zip(expected))
        {
            Update(progress, total);
            ProgressView view = Draw();
            Assert.Equal(percent, view.PercentComplete);
            Assert.Equal(progress, view.Update.Progress);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void A_peak_between_two_draws_counts()
    {
        Update(80, 100);
        Update(10, 100);
        Assert.Equal(80, Draw().PercentComplete);
    }

    [Fact]
    public void Percent_is_unknown_without_a_total()
    {
        Update(5);
        Assert.Equal(-1, Draw().PercentComplete);
        Assert.False(_pacer.TryTake(out _));
    }

    [Fact]
    public void Rate_and_remaining_time_come_along()
    {
        Update(0, 100);
        Draw();
        _time.Advance(TimeSpan.FromSeconds(2));
        Update(20, 100);
        ProgressView view = Draw();
        Assert.Equal(10, view.PerSecond);
        Assert.Equal(8, view.SecondsRemaining);
    }

    [Fact]
    public async Task A_slow_console_never_slows_the_reader()
    {
        // The drawing side stands still while the reader delivers everything.
        var drawing = new SemaphoreSlim(0);
        int requests = 0;
        using var pacer = new ProgressPacer(TimeSpan.Zero, () => { Interlocked.Increment(ref requests); drawing.Release(); });
        await Task.Run(() =>
        {
            for (int i = 1; i <= 100_000; i++)
            {
                pacer.OnProgress(new ProgressUpdate(i, i, 100_000, null, default));
            }
        }).Within();
        Assert.Equal(1, requests);
        Assert.True(await drawing.WaitAsync(Limits.Generous));
        Assert.True(pacer.TryTake(out ProgressView view));
        Assert.Equal(100_000, view.Update.Progress);
    }

    private void Update(double progress, double? total = null) =>
        _pacer.OnProgress(new ProgressUpdate(++_sequence, progress, total, null, _time.GetUtcNow()));

    private ProgressView Draw()
    {
        Assert.True(_pacer.TryTake(out ProgressView view));
        return view;
    }
}
