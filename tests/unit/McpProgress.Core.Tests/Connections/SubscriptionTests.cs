using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Connections;

public sealed class SubscriptionTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<CancellationToken> _listens = Channel.CreateUnbounded<CancellationToken>();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<CancellationToken, Task> _listen = stop => Task.Delay(Timeout.Infinite, stop);
    private bool _isKnown = true;

    public void Dispose() => _closing.Dispose();

    [Fact]
    public async Task What_breaks_is_made_again_after_a_delay_that_grows()
    {
        _listen = _ => throw new McpFailureException(ErrorIds.ProtocolError, "502");
        Begin();
        await ListenedAfterAsync(TimeSpan.FromMilliseconds(200));

        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            await _time.TimerAsync();
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.Equal(1, _time.Pending);
            await ListenedAfterAsync(TimeSpan.FromTicks(1));
        }
    }

    [Fact]
    public async Task What_has_held_for_long_is_made_again_soon()
    {
        var broken = new TaskCompletionSource();
        int listens = 0;
        _listen = _ => ++listens < 4 ? throw new McpFailureException(ErrorIds.ProtocolError, "502") : broken.Task;
        Begin();
        foreach (double seconds in new[] { 0.2, 1, 2, 4 })
        {
            await ListenedAfterAsync(TimeSpan.FromSeconds(seconds));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        broken.SetResult();

        await ListenedAfterAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task What_the_server_does_not_know_is_not_asked_for_again()
    {
        _isKnown = false;
        _listen = _ => throw new McpFailureException(ErrorIds.ProtocolError, "Method not found");
        Begin();
        await ListenedAfterAsync(TimeSpan.FromMilliseconds(200));

        await _told.Task.Within();
        Assert.Equal(0, _time.Pending);
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_it()
    {
        _listen = _ => throw new McpFailureException(ErrorIds.ProtocolError, "502");
        Begin();
        CancellationToken stop = await ListenedAfterAsync(TimeSpan.FromMilliseconds(200));
        await _time.TimerAsync();

        await _closing.CancelAsync();

        Assert.Equal(0, _time.Pending);
        Assert.True(stop.IsCancellationRequested);
    }

    [Fact]
    public async Task What_is_replaced_leaves_nothing_behind()
    {
        Subscription subscription = Begin();
        CancellationToken first = await ListenedAfterAsync(TimeSpan.FromMilliseconds(200));
        subscription.Refresh();
        CancellationToken second = await ListenedAfterAsync(TimeSpan.FromMilliseconds(200));

        Assert.True(first.IsCancellationRequested);
        Assert.False(second.IsCancellationRequested);

        // Nobody tells of it.
        Assert.True(SpinWait.SpinUntil(() => IsDisposed(first), Limits.Generous));
    }

    [Fact]
    public async Task After_a_break_the_tools_are_asked_for_anew()
    {
        await using FakeServer server = await FakeServer.StartStatelessAsync("""{"tools":{"listChanged":true}}""", time: _time);
        int lists = 0;
        server.On("tools/list", _ => FakeServer.Json($$"""{"resultType":"complete","tools":[{"name":"tool-{{++lists}}"}],"ttlMs":3600000,"cacheScope":"private"}"""));
        Assert.Equal("tool-1", Assert.Single(await server.Connection.GetToolsAsync().Within()).Name);
        _time.Advance(TimeSpan.FromSeconds(1));
        JsonObject listen = await server.NextAsync("subscriptions/listen");
        Assert.Equal("tool-1", Assert.Single(await server.Connection.GetToolsAsync().Within()).Name);

        await server.RefuseAsync(listen, -32000, "out of order");

        // A timer that is set says that the break was seen.
        await _time.TimerAsync();
        Assert.Equal("tool-2", Assert.Single(await server.Connection.GetToolsAsync().Within()).Name);
        _time.Advance(TimeSpan.FromSeconds(1));
        await server.RefuseAsync(await server.NextAsync("subscriptions/listen"), -32601, "Method not found");
        await server.Connection.PingAsync(Limits.Generous).Within();
        Assert.Equal(0, _time.Pending);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_web_server_that_does_not_know_it_is_not_asked_again(int status)
    {
        await using var peer = new HttpPeer(modern: true);
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", peer.Endpoint, new ConnectionOptions { Time = _time }).Within();
        connection.RefreshSubscription();
        await _time.TimerAsync();
        _time.Advance(TimeSpan.FromMilliseconds(200));
        HttpPeer.Exchange exchange = await peer.NextAsync("subscriptions/listen");
        await exchange.RespondAsync(status, "application/json", $$$"""{"jsonrpc":"2.0","id":{{{exchange.Id}}},"error":{"code":-32601,"message":"Method not found"}}""");

        // Nothing happens, of which nobody tells.
        Assert.False(SpinWait.SpinUntil(() => _time.Pending > 0, TimeSpan.FromSeconds(0.5)));
    }

    private Subscription Begin()
    {
        var subscription = new Subscription(() => ["t1"], ListenAsync, SubscribeAgain, _time, _closing.Token);
        subscription.Refresh();
        return subscription;
    }

    private Task ListenAsync(JsonObject parameters, CancellationToken stop)
    {
        _listens.Writer.TryWrite(stop);
        return _listen(stop);
    }

    private bool SubscribeAgain(McpFailureException? failure)
    {
        _told.TrySetResult();
        return _isKnown;
    }

    private async Task<CancellationToken> ListenedAfterAsync(TimeSpan delay)
    {
        await _time.TimerAsync();
        _time.Advance(delay);
        return await _listens.Reader.ReadAsync().AsTask().Within();
    }

    private static bool IsDisposed(CancellationToken token)
    {
        try
        {
            _ = token.WaitHandle;
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
