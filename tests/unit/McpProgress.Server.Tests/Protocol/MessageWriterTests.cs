using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Protocol;

public sealed class MessageWriterTests
{
    [Fact]
    public async Task Messages_of_many_threads_arrive_whole_and_in_each_threads_order()
    {
        using var stream = new MemoryStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await writer.WriteProgressAsync(new ProgressToken(thread), new ProgressUpdate(i, null, new string('x', i)));
                if (i % 50 == 0)
                {
                    await writer.WriteAsync(new JsonRpcNotification { Method = "m", Params = new JsonObject { ["t"] = thread, ["text"] = new string('y', 100_000) } });
                }
            }
        }))).Soon();
        await writer.CloseAsync().Soon();

        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(8 * 510, lines.Length);
        for (var thread = 0; thread < 8; thread++)
        {
            var values = lines.Where(line => line["params"]!["progressToken"]?.GetValue<int>() == thread).Select(line => line["params"]!["progress"]!.GetValue<int>());
            Assert.Equal(Enumerable.Range(0, 500), values);
        }
    }

    [Theory]
    [InlineData(1, null, null, """{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}""")]
    [InlineData(0.5, 1.0, "a\"\n", """{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":0.5,"total":1,"message":"a\u0022\n"}}""")]
    [InlineData(1e300, null, "", """{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1E+300,"message":""}}""")]
    public async Task Progress_is_written_as_the_specification_has_it(double progress, double? total, string? message, string expected)
    {
        using var stream = new MemoryStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        await writer.WriteProgressAsync(new ProgressToken(7), new ProgressUpdate(progress, total, message));
        await writer.CloseAsync().Soon();
        Assert.Equal(expected + "\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task A_message_that_cannot_be_serialized_leaves_nothing_behind()
    {
        using var stream = new MemoryStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        var bad = new JsonRpcNotification { Method = "bad", Params = JsonValue.Create(double.NaN) };
        await Assert.ThrowsAnyAsync<ArgumentException>(() => writer.WriteAsync(bad));
        await writer.WriteAsync(new JsonRpcNotification { Method = "good" });
        Assert.Equal("{\"method\":\"good\",\"jsonrpc\":\"2.0\"}\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task A_reader_that_is_far_behind_makes_the_sender_wait()
    {
        using var stream = new BlockingStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        var update = new ProgressUpdate(1, null, new string('x', 1000));
        ValueTask last = default;
        for (var i = 0; i < 2 * MessageWriter.HighWater / 1000 && last.IsCompleted; i++)
        {
            last = writer.WriteProgressAsync(new ProgressToken(1), update);
        }

        Assert.False(last.IsCompleted);
        stream.Release();
        await last.AsTask().Soon();
        await writer.CloseAsync().Soon();
    }

    [Fact]
    public async Task Closing_lets_a_waiting_sender_go()
    {
        using var stream = new BlockingStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        await writer.WriteProgressAsync(new ProgressToken(1), new ProgressUpdate(1, null, null));
        await stream.Entered.Soon();
        var waiting = writer.WriteAsync(new JsonRpcNotification { Method = "m", Params = new JsonObject { ["text"] = new string('x', 2 * MessageWriter.HighWater) } });
        Assert.False(waiting.IsCompleted);
        var closing = writer.CloseAsync();
        await waiting.Soon();
        Assert.False(closing.IsCompleted);
        stream.Release();
        await closing.Soon();
    }

    [Fact]
    public async Task When_the_stream_breaks_the_owner_is_told_once_and_later_messages_are_dropped()
    {
        using var stream = new BlockingStream();
        var broken = 0;
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => broken++);
        stream.Fail();
        await writer.WriteAsync(new JsonRpcNotification { Method = "a" }).Soon();
        await writer.WriteAsync(new JsonRpcNotification { Method = "b" }).Soon();
        await writer.WriteProgressAsync(new ProgressToken(1), new ProgressUpdate(1, null, null));
        await writer.CloseAsync().Soon();
        Assert.Equal(1, broken);
    }

    [Fact]
    public async Task Closing_waits_for_what_was_taken_and_takes_no_more()
    {
        using var stream = new BlockingStream();
        var writer = new MessageWriter(stream, MessageFraming.Line, _ => { });
        await writer.WriteProgressAsync(new ProgressToken(1), new ProgressUpdate(1, null, null));
        var closing = writer.CloseAsync();
        await writer.WriteProgressAsync(new ProgressToken(1), new ProgressUpdate(2, null, null));
        Assert.False(closing.IsCompleted);
        stream.Release();
        await closing.Soon();
        Assert.Equal("""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}""" + "\n", stream.Written);
    }

    private sealed class BlockingStream : MemoryStream
    {
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when the first write has begun.</summary>
        public Task Entered => _entered.Task;

        public string Written => Encoding.UTF8.GetString(ToArray());

        public void Release() => _gate.TrySetResult();

        public void Fail() => _gate.TrySetException(new IOException("broken"));

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            await _gate.Task;
            Write(buffer.Span);
        }
    }
}
