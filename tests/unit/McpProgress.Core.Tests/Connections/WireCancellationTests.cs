using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Connections;

public sealed class WireCancellationTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _sent = [];
    private readonly CancellationTokenSource _stream = new();
    private Task _sending = Task.CompletedTask;

    public void Dispose() => _stream.Dispose();

    [Theory]
    [InlineData(CallEnd.Cancelled, "Cancelled by the user")]
    [InlineData(CallEnd.IdleTimeout, "Timed out")]
    [InlineData(CallEnd.Timeout, "Timed out")]
    public async Task The_server_is_told_which_request_is_over_and_why(object end, string reason)
    {
        WireCancellation cancellation = Create();
        cancellation.Begin(new RequestId(17), (CallEnd)end, Task.CompletedTask, _stream);
        await cancellation.DrainAsync().Within();
        Assert.Equal([$$"""notifications/cancelled {"requestId":17,"reason":"{{reason}}"}"""], _sent);
        Assert.True(_stream.IsCancellationRequested);
    }

    [Fact]
    public async Task An_id_that_is_text_stays_text()
    {
        WireCancellation cancellation = Create();
        cancellation.Begin(new RequestId("17"), CallEnd.Cancelled, Task.CompletedTask, _stream);
        await cancellation.DrainAsync().Within();
        Assert.Contains("\"requestId\":\"17\"", Assert.Single(_sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_request_to_name_the_stream_is_closed_at_once()
    {
        WireCancellation cancellation = Create();
        cancellation.Begin(null, CallEnd.Cancelled, new TaskCompletionSource().Task, _stream);
        Assert.True(_stream.IsCancellationRequested);
        await cancellation.DrainAsync().Within();
        Assert.Empty(_sent);
    }

    [Fact]
    public async Task The_stream_stays_open_until_the_notification_has_ended_the_waiting()
    {
        var answer = new TaskCompletionSource();
        WireCancellation cancellation = Create();
        cancellation.Begin(new RequestId(17), CallEnd.Cancelled, answer.Task, _stream);
        Assert.Single(_sent);
        Assert.False(_stream.IsCancellationRequested);
        answer.SetCanceled();
        await cancellation.DrainAsync().Within();
        Assert.True(_stream.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_that_does_not_read_gets_two_seconds()
    {
        _sending = new TaskCompletionSource().Task;
        WireCancellation cancellation = Create();
        cancellation.Begin(new RequestId(17), CallEnd.Cancelled, Task.CompletedTask, _stream);
        Task drained = cancellation.DrainAsync();
        _time.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        Assert.False(drained.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await drained.Within();
        Assert.True(_stream.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_that_is_gone_concerns_nobody()
    {
        _sending = Task.FromException(new IOException("Broken pipe"));
        _stream.Token.Register(() => throw new InvalidOperationException("Torn down already."));
        WireCancellation cancellation = Create();
        cancellation.Begin(new RequestId(17), CallEnd.Cancelled, Task.CompletedTask, _stream);
        await cancellation.DrainAsync().Within();
        Assert.True(_stream.IsCancellationRequested);
    }

    private WireCancellation Create() => new(
        (method, parameters, _) =>
        {
            _sent.Add($"{method} {parameters.ToJsonString()}");
            return _sending;
        },
        _time);
}
