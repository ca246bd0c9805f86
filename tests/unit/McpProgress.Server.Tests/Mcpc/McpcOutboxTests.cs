using System.Threading.Channels;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Mcpc;

public sealed class McpcOutboxTests : IDisposable
{
    private readonly Channel<McpcMessage> _sent = Channel.CreateUnbounded<McpcMessage>();
    private readonly SemaphoreSlim _reader = new(0);
    private readonly McpcOutbox _outbox;

    public McpcOutboxTests() => _outbox = new McpcOutbox(async message =>
    {
        await _sent.Writer.WriteAsync(message);
        await _reader.WaitAsync();
    });

    [Fact]
    public async Task Behind_a_slow_reader_only_progress_gives_way_and_only_to_newer_progress_of_its_task()
    {
        var (one, two) = (new McpcSequence(), new McpcSequence());
        await _outbox.SendAsync(one, Message("first"));
        Assert.Equal("first", (await ReadAsync()).Result!.GetValue<string>());

        // The reader has not made room: all this waits.
        _outbox.SendProgress(one, Message("1 %"));
        _outbox.SendProgress(two, Message("other"));
        _outbox.SendProgress(one, Message("2 %"));
        await _outbox.SendAsync(one, Message("between"));
        _outbox.SendProgress(one, Message("3 %"));
        _outbox.SendProgress(one, Message("4 %"));
        await _outbox.SendAsync(one, Message("last"));

        _reader.Release(100);
        var rest = new List<McpcMessage>();
        for (var i = 0; i < 5; i++)
        {
            rest.Add(await ReadAsync());
        }

        Assert.Equal(["2 %", "other", "between", "4 %", "last"], rest.Select(message => message.Result!.GetValue<string>()));
        Assert.Equal([1, 0, 2, 3, 4], rest.Select(message => message.Sequence!.Value));
    }

    [Fact]
    public async Task Whoever_sends_more_than_there_is_room_for_waits()
    {
        var sequence = new McpcSequence();
        await _outbox.SendAsync(sequence, Message("sending"));
        await ReadAsync();
        for (var i = 0; i < McpcOutbox.Capacity; i++)
        {
            await _outbox.SendAsync(sequence, Message("waiting"));
        }

        var next = _outbox.SendAsync(sequence, Message("no room")).AsTask();
        Assert.False(next.IsCompleted);
        using var gone = new CancellationTokenSource();
        var cancelled = _outbox.SendAsync(sequence, Message("gone"), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        _reader.Release();
        await next.Soon();
    }

    [Fact]
    public async Task Nothing_follows_the_last_message_of_a_sequence()
    {
        var (ended, other) = (new McpcSequence(), new McpcSequence());
        await _outbox.SendAsync(other, Message("sending"));
        for (var i = 0; i < McpcOutbox.Capacity; i++)
        {
            await _outbox.SendAsync(other, Message("waiting"));
        }

        var end = _outbox.EndAsync(ended, Message("end")).AsTask();
        _reader.Release(McpcOutbox.Capacity + 1);
        await end.Soon();
        _outbox.SendProgress(ended, Message("late progress"));
        await _outbox.SendAsync(ended, Message("late"));
        await _outbox.SendAsync(other, Message("last"));
        _reader.Release(10);
        var sent = new List<string>();
        do
        {
            sent.Add((await ReadAsync()).Result!.GetValue<string>());
        }
        while (sent[^1] != "last");

        Assert.Equal(["end", "last"], sent.TakeLast(2));
    }

    public void Dispose() => _reader.Dispose();

    private static McpcMessage Message(string result) => McpcMessage.Create("update", "tool", "s", "t", result);

    private Task<McpcMessage> ReadAsync() => _sent.Reader.ReadAsync().AsTask().Soon();
}
