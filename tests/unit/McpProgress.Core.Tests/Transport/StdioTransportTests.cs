using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Transport;

public sealed class StdioTransportTests
{
    private const string Other = """{"jsonrpc":"2.0","method":"notifications/other"}""";

    [Fact]
    public async Task Messages_pass_through_in_order()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync(string.Concat(Enumerable.Range(0, 5000).Select(i => $$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"ping"}""" + "\r\n")));
        IReadOnlyList<JsonRpcMessage> messages = await pipe.EndAsync();
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => new RequestId(i)), messages.Cast<JsonRpcRequest>().Select(request => request.Id));
        Assert.Equal(5000, pipe.Statistics.MessagesIn);
    }

    [Fact]
    public async Task Banner_lines_are_counted_told_and_skipped()
    {
        await using var pipe = new PipedTransport();
        string[] banner =
        [
            "Starting …", "{ broken", "[1,2]", "\"text\"", "42", "null", "\u001b[32mready\u001b[0m", """{"level":"info"}""", """{"jsonrpc":"2.0"}""",
            """{"jsonrpc":"1.0","method":"x"}""", """{"jsonrpc":"2.0","id":{},"result":{}}""",
        ];
        await pipe.WriteAsync(string.Join('\n', banner) + "\n\n  \t \n\r\n" + Other + "\n");
        Assert.IsType<JsonRpcNotification>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal(banner.Length, pipe.Statistics.UnreadableLines);
        Assert.Equal(banner.Length, pipe.Unreadable.Count);
        Assert.Equal(1, pipe.Statistics.MessagesIn);
    }

    [Fact]
    public async Task A_byte_order_mark_does_not_cost_the_first_message()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync("\uFEFF" + Other + "\n");
        Assert.IsType<JsonRpcNotification>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal(0, pipe.Statistics.UnreadableLines);
    }

    [Fact]
    public async Task The_last_message_needs_no_line_feed()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync(Other);
        Assert.IsType<JsonRpcNotification>(Assert.Single(await pipe.EndAsync()));
    }

    [Fact]
    public async Task Half_a_message_at_the_end_is_counted_and_answers_nobody()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{"content":[{"te""");
        Assert.Empty(await pipe.EndAsync());
        Assert.Equal(1, pipe.Statistics.UnreadableLines);
    }

    [Fact]
    public async Task A_broken_pipe_reaches_whoever_waits()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync(Other + "\n");
        Assert.NotNull(await pipe.Transport.MessageReader.ReadAsync().AsTask().Within());
        await pipe.BreakAsync(new IOException("The pipe is broken."));
        IOException broken = await Assert.ThrowsAsync<IOException>(() => pipe.Transport.MessageReader.Completion.Within());
        Assert.Equal("The pipe is broken.", broken.Message);
    }

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":{\"text\":\"HUGE\"}}")]
    [InlineData("{\"result\":{\"text\":\"HUGE\"},\"jsonrpc\":\"2.0\",\"id\":17}")]
    public async Task An_answer_too_long_to_read_becomes_an_error_of_its_request(string line)
    {
        await using var pipe = new PipedTransport();
        await pipe.Transport.SendMessageAsync(new JsonRpcRequest { Id = new RequestId(17), Method = "ping" }).Within();
        await pipe.WriteAsync(line.Replace("HUGE", new string('x', PipedTransport.Limit), StringComparison.Ordinal) + "\n" + Other + "\n");
        IReadOnlyList<JsonRpcMessage> messages = await pipe.EndAsync();
        JsonRpcError error = Assert.IsType<JsonRpcError>(messages[0]);
        Assert.Equal(new RequestId(17), error.Id);
        Assert.Contains("more than 1 MiB", error.Error.Message, StringComparison.Ordinal);
        Assert.IsType<JsonRpcNotification>(messages[1]);
        Assert.Equal(1, pipe.Statistics.UnreadableLines);
        Assert.True(pipe.Statistics.BytesIn > PipedTransport.Limit);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_becomes_an_error_of_its_request()
    {
        await using var pipe = new PipedTransport();
        await pipe.Transport.SendMessageAsync(new JsonRpcRequest { Id = new RequestId(17), Method = "ping" }).Within();
        await pipe.Transport.SendMessageAsync(new JsonRpcRequest { Id = new RequestId(18), Method = "ping" }).Within();
        await pipe.WriteAsync($$"""{"jsonrpc":"2.0","id":17,"result":{{new string('[', 100)}}{{new string(']', 100)}}}""" + "\n");
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":18,"error":"not as it should be"}""" + "\n");
        IReadOnlyList<JsonRpcMessage> messages = await pipe.EndAsync();
        Assert.Equal([new RequestId(17), new RequestId(18)], messages.Cast<JsonRpcError>().Select(error => error.Id));
        Assert.Equal(2, pipe.Statistics.UnreadableLines);
    }

    [Fact]
    public async Task A_notification_too_long_to_read_is_only_counted()
    {
        await using var pipe = new PipedTransport();
        string data = new('x', PipedTransport.Limit);
        await pipe.WriteAsync($$$"""{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"{{{data}}}"}}""" + "\n" + Other + "\n");
        Assert.IsType<JsonRpcNotification>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal(1, pipe.Statistics.UnreadableLines);
    }

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"level\":\"error\",\"data\":\"twice\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"\\ud83d\",\"data\":\"\\ud83d\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":{\"a\":\"\\ud83d\"}}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":[]}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications\\/progress\",\"params\":{\"progress\":1,\"progress\":2,\"message\":\"\\ud83d\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1,\"message\":\"\\ud83d\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"\\ud83d\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":4294967296,\"result\":{\"task\":1,\"task\":2}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":4294967296,\"result\":{\"resultType\":\"\\ud83d\"}}")]
    public async Task A_message_that_cannot_be_decoded_does_not_end_the_connection(string line)
    {
        await using var pipe = new PipedTransport();
        pipe.Tap.LogReceived = _ => { };
        CallProgress call = pipe.Router.Open(null);
        await pipe.Transport.SendMessageAsync(Request(call.Token)).Within();
        await pipe.WriteAsync(line + "\n" + Other + "\n");
        IReadOnlyList<JsonRpcMessage> messages = await pipe.EndAsync();
        Assert.Equal("notifications/other", Assert.IsType<JsonRpcNotification>(messages[^1]).Method);
    }

    [Fact]
    public async Task Progress_never_reaches_the_SDK_and_is_applied_before_the_answer_after_it()
    {
        await using var pipe = new PipedTransport();
        var observer = new RecordingObserver();
        CallProgress call = pipe.Router.Open(observer);
        await pipe.Transport.SendMessageAsync(Request(call.Token)).Within();
        var lines = new StringBuilder();
        for (int i = 1; i <= 20_000; i++)
        {
            lines.Append(Progress(call.Token, i));
        }

        string result = $$$"""{"jsonrpc":"2.0","id":{{{call.Token}}},"result":{}}""";
        lines.Append(result).Append('\n').Append(Progress(call.Token, 20_001));
        byte[] bytes = Encoding.UTF8.GetBytes(lines.ToString());
        for (int at = 0; at < bytes.Length; at += 7777)
        {
            await pipe.WriteAsync(bytes.AsMemory(at, Math.Min(7777, bytes.Length - at)));
        }

        Assert.IsType<JsonRpcResponse>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal(Enumerable.Range(1, 20_000).Select(i => (double)i), observer.Updates.Select(update => update.Progress));
        Assert.Equal(20_000, pipe.Statistics.ProgressReceived);
        Assert.Equal(1, pipe.Statistics.ProgressLate);
    }

    [Fact]
    public async Task Of_two_answers_to_a_call_the_first_one_counts()
    {
        await using var pipe = new PipedTransport();
        CallProgress call = pipe.Router.Open(null);
        await pipe.Transport.SendMessageAsync(Request(call.Token)).Within();
        foreach (string result in new[] { "first", "second" })
        {
            await pipe.WriteAsync($$"""{"jsonrpc":"2.0","id":{{call.Token}},"result":"{{result}}"}""" + "\n");
        }

        JsonRpcResponse answer = Assert.IsType<JsonRpcResponse>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal("first", (string?)answer.Result);
    }

    [Fact]
    public async Task The_answer_to_a_cancelled_call_is_nobody_s()
    {
        await using var pipe = new PipedTransport();
        CallProgress call = pipe.Router.Open(null);
        await pipe.Transport.SendMessageAsync(Request(call.Token)).Within();
        Assert.Equal(new RequestId(call.Token), pipe.Router.Abandon(call.Token));
        await pipe.WriteAsync($$"""{"jsonrpc":"2.0","id":{{call.Token}},"result":"late"}""" + "\n");
        Assert.Empty(await pipe.EndAsync());
    }

    [Fact]
    public async Task Concurrent_senders_write_whole_lines()
    {
        await using var pipe = new PipedTransport();
        const int Senders = 8;
        const int Each = 200;
        Task sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                var parameters = new JsonObject { ["sender"] = sender, ["i"] = i, ["pad"] = new string('é', i * 50) };
                await pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "test", Params = parameters });
            }
        })));
        int[] next = new int[Senders];
        for (int i = 0; i < Senders * Each; i++)
        {
            JsonNode parameters = JsonNode.Parse((await pipe.ReceiveAsync())!)!["params"]!;
            int sender = (int)parameters["sender"]!;
            Assert.Equal(next[sender]++, (int)parameters["i"]!);
        }

        await sending.Within();
        Assert.Equal(Senders * Each, pipe.Statistics.MessagesOut);
    }

    [Fact]
    public async Task A_line_feed_in_a_text_does_not_split_the_line()
    {
        await using var pipe = new PipedTransport();
        await pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "test", Params = new JsonObject { ["a"] = "1\n2\r\n3\u2028" } }).Within();
        Assert.Equal("1\n2\r\n3\u2028", (string?)JsonNode.Parse((await pipe.ReceiveAsync())!)!["params"]!["a"]);
    }

    [Fact]
    public async Task Cancelling_a_sender_in_the_queue_leaves_the_line_of_the_other_whole()
    {
        var gate = new GatedStream();
        await using var pipe = new PipedTransport(gate);
        Task first = pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "first" });
        await gate.Entered.Within();
        using var cancel = new CancellationTokenSource();
        Task second = pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "second" }, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Within());
        gate.Open();
        await first.Within();
        await pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "third" }).Within();
        Assert.Equal(["first", "third"], gate.Written.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string?)JsonNode.Parse(line)!["method"]));
    }

    [Fact]
    public async Task A_ping_is_answered_until_the_session_is_taken_over()
    {
        await using var pipe = new PipedTransport(hasSession: false);
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"p","method":"ping"}""" + "\n");
        Assert.Equal("p", (string?)JsonNode.Parse((await pipe.ReceiveAsync().Within())!)!["id"]);
        pipe.Transport.TakeOver();
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"q","method":"ping"}""" + "\n");

        Assert.Equal("q", Assert.IsType<JsonRpcRequest>(Assert.Single(await pipe.EndAsync())).Id.Id);
    }

    [Fact]
    public async Task A_session_is_asked_for_when_there_is_something_only_it_can_answer()
    {
        await using var pipe = new PipedTransport(hasSession: false);
        var asked = new SemaphoreSlim(0);
        pipe.Transport.WhenSessionIsWanted(() => asked.Release());
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"p","method":"ping"}""" + "\n");
        await pipe.ReceiveAsync();
        Assert.Equal(0, asked.CurrentCount);

        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"r","method":"roots/list"}""" + "\n");
        Assert.True(await asked.WaitAsync(Limits.Generous));

        pipe.Transport.TakeOver();
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"s","method":"roots/list"}""" + "\n");
        Assert.Equal(2, (await pipe.EndAsync()).Count);
        Assert.Equal(0, asked.CurrentCount);
    }

    [Fact]
    public async Task A_session_is_asked_for_at_once_when_something_waits_for_it_already()
    {
        await using var pipe = new PipedTransport(hasSession: false);
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"r","method":"roots/list"}""" + "\n");
        Assert.True(await pipe.Transport.MessageReader.WaitToReadAsync().AsTask().Within());
        bool asked = false;
        pipe.Transport.WhenSessionIsWanted(() => asked = true);
        Assert.True(asked);
    }

    [Fact]
    public async Task Any_number_of_notifications_may_come_before_the_answer_to_the_handshake()
    {
        await using var pipe = new PipedTransport(hasSession: false);
        bool asked = false;
        pipe.Transport.WhenSessionIsWanted(() => asked = true);
        Task<JsonRpcMessageWithId> answer = pipe.Transport.AskAsync(new JsonRpcRequest { Id = new RequestId(1), Method = "initialize" }, null, CancellationToken.None);
        await pipe.WriteAsync(string.Concat(Enumerable.Repeat(Other + "\n", TappedTransport.ReadAhead * 2)) + """{"jsonrpc":"2.0","id":1,"result":{}}""" + "\n");
        Assert.IsType<JsonRpcResponse>(await answer.Within());
        Assert.False(asked);
    }

    [Fact]
    public async Task A_pipe_that_somebody_else_holds_does_not_keep_the_transport_from_ending()
    {
        using var held = new ManualResetEventSlim();
        var statistics = new TransportStatistics();
        var tap = new OrderedTap(new ProgressRouter(TimeProvider.System), statistics);
        var transport = new StdioTransport(new HeldPipe(held), Stream.Null, tap, statistics, 1 << 20, isPipe: true);
        Assert.False(transport.Ended.IsCompleted);
        await transport.DisposeAsync().AsTask().Within();
        await transport.Ended.Within();
        held.Set();
    }

    [Fact]
    public async Task A_request_can_be_given_up_while_the_server_does_not_read()
    {
        var gate = new GatedStream();
        await using var pipe = new PipedTransport(gate);
        using var enough = new CancellationTokenSource();
        Task sending = pipe.Transport.AskAsync(new JsonRpcRequest { Id = new RequestId(1), Method = "stuck" }, null, enough.Token);
        await gate.Entered.Within();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_server_that_does_not_read()
    {
        var gate = new GatedStream();
        await using var pipe = new PipedTransport(gate);
        Task sending = pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "stuck" });
        await gate.Entered.Within();
        await pipe.Transport.DisposeAsync().AsTask().Within();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipe.Transport.SendMessageAsync(new JsonRpcNotification { Method = "late" }).Within());
        await pipe.Transport.MessageReader.Completion.Within();
    }

    [Fact]
    public async Task Closing_ends_the_reader_even_when_nobody_takes_its_messages()
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync(string.Concat(Enumerable.Repeat(Other + "\n", TappedTransport.ReadAhead * 2)));
        await pipe.Transport.DisposeAsync().AsTask().Within();
        await pipe.Transport.Reading.Within();
    }

    [Fact]
    public async Task Half_a_character_costs_itself_and_not_the_text_around_it()
    {
        // A file name that is no UTF-8, as Python writes it.
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync("""{"jsonrpc":"2.0","id":"x","result":{"content":[{"type":"text","text":"caf\udce9.txt"}],"\ud800":1}}""" + "\n");
        var response = Assert.IsType<JsonRpcResponse>(Assert.Single(await pipe.EndAsync()));
        Assert.Equal("caf\ufffd.txt", (string?)response.Result!["content"]![0]!["text"]);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"\ud800":1},"\udc00":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"MCPC_CALLBACK","result":{"\ud800":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/message","params":{"\ud800":1}}""")]
    public async Task A_name_that_is_no_text_does_not_end_the_connection(string line)
    {
        await using var pipe = new PipedTransport();
        await pipe.WriteAsync($"{line}\n{Other}\n");
        Assert.IsType<JsonRpcNotification>(Assert.Single(await pipe.EndAsync()));
    }

    [Fact]
    public async Task An_answer_to_a_server_that_is_gone_fails_nobody_and_a_request_does()
    {
        var input = new MemoryStream();
        await using var pipe = new PipedTransport(input);
        await input.DisposeAsync();

        await pipe.Transport.SendMessageAsync(new JsonRpcResponse { Id = new RequestId("q"), Result = new JsonObject() }).Within();
        await pipe.Transport.SendMessageAsync(new JsonRpcError { Id = new RequestId("q"), Error = new JsonRpcErrorDetail { Code = -32601, Message = "?" } }).Within();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipe.Transport.SendMessageAsync(Request(1)).Within());
    }

    private static JsonRpcRequest Request(long token) => new()
    {
        Id = new RequestId(token),
        Method = "tools/call",
        Params = new JsonObject { ["_meta"] = new JsonObject { ["progressToken"] = token } },
    };

    private static string Progress(long token, int progress) =>
        $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":{{{progress}}}}}""" + "\n";

    /// <summary>A pipe that nobody reads from until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public string Written => Encoding.UTF8.GetString(ToArray());

        public void Open() => _open.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            await _open.Task.WaitAsync(cancellationToken);
            await base.WriteAsync(buffer, cancellationToken);
        }
    }

    /// <summary>Nothing comes, and no end either.</summary>
    private sealed class HeldPipe(ManualResetEventSlim held) : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            held.Wait();
            return 0;
        }
    }
}
