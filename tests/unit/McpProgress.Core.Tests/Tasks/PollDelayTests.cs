using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class PollDelayTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(null, new[] { 20, 40, 80, 160, 320, 640, 1000, 1000 })]
    [InlineData(0, new[] { 20, 40, 80, 160, 320, 640, 1000, 1000 })]
    [InlineData(100, new[] { 20, 40, 80, 100, 100 })]
    [InlineData(10, new[] { 10, 10 })]
    public async Task It_starts_short_and_backs_off_to_what_the_server_wants(int? serverMilliseconds, int[] waits)
    {
        var delay = new PollDelay(_time);
        foreach (int milliseconds in waits)
        {
            Task wait = delay.WaitAsync(serverMilliseconds is { } interval ? TimeSpan.FromMilliseconds(interval) : null, CancellationToken.None);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.False(wait.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await wait.WaitAsync(FakeServer.Generous);
        }
    }

    [Fact]
    public async Task A_call_ends_the_wait()
    {
        var delay = new PollDelay(_time);
        Task wait = delay.WaitAsync(null, CancellationToken.None);
        Assert.False(wait.IsCompleted);

        delay.Wake();

        await wait.WaitAsync(FakeServer.Generous);
    }

    [Fact]
    public async Task A_call_between_two_waits_is_not_lost()
    {
        var delay = new PollDelay(_time);
        delay.Wake();

        await delay.WaitAsync(null, CancellationToken.None).WaitAsync(FakeServer.Generous);

        Assert.False(delay.WaitAsync(null, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task It_can_be_given_up()
    {
        using var cancellation = new CancellationTokenSource();
        Task wait = new PollDelay(_time).WaitAsync(null, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(FakeServer.Generous));
    }
}
