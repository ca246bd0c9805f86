using System.Text.Json.Nodes;
using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Progress;

public sealed class ProgressRouterTests
{
    private readonly ProgressRouter _router = new(new ManualTimeProvider());
    private readonly RecordingObserver _observer = new();

    [Fact]
    public void Every_call_has_a_token_of_its_own_that_is_never_used_again()
    {
        var tokens = new HashSet<long>();
        for (int i = 0; i < 1000; i++)
        {
            CallProgress call = _router.Open(null);
            Assert.True(tokens.Add(call.Token));
            _router.Close(call.Token);
        }

        Assert.Equal(0, _router.InFlight);
    }

    [Fact]
    public void Tokens_are_exact_in_any_language_and_out_of_reach_of_the_ids_of_the_SDK()
    {
        long token = _router.Open(null).Token;
        Assert.InRange(token, 1L << 32, 1L << 53);
    }

    [Fact]
    public void An_update_reaches_its_call_alone()
    {
        var other = new RecordingObserver();
        CallProgress mine = _router.Open(_observer);
        _router.Open(other);
        Assert.Equal(ProgressVerdict.Applied, Apply(mine.Token, 1));
        Assert.Single(_observer.Updates);
        Assert.Empty(other.Updates);
    }

    [Fact]
    public void After_its_end_a_call_gets_late_updates_counted_and_nothing_applied()
    {
        CallProgress call = _router.Open(_observer);
        _router.Close(call.Token);
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 1));
        Assert.Empty(_observer.Updates);
    }

    [Fact]
    public async Task The_end_of_a_call_waits_for_the_update_that_is_being_applied()
    {
        CallProgress call = _router.Open(_observer);
        Task? closing = null;
        bool closedMeanwhile = true;
        _observer.Hook = _ =>
        {
            // What is shown after the end of a call would stand there for ever.
            closing = Task.Run(() => _router.Close(call.Token));
            Assert.True(SpinWait.SpinUntil(() => _router.InFlight == 0, TimeSpan.FromSeconds(30)));
            closedMeanwhile = closing.Wait(TimeSpan.FromMilliseconds(50));
        };
        Apply(call.Token, 1);
        Assert.False(closedMeanwhile);
        await closing!.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 2));
        Assert.Single(_observer.Updates);
    }

    [Fact]
    public void A_call_can_be_ended_by_whoever_sees_its_progress()
    {
        CallProgress call = _router.Open(_observer);
        _observer.Hook = _ => _router.Close(call.Token);
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 1));
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 2));
    }

    [Fact]
    public void A_token_that_was_never_given_out_is_invalid()
    {
        CallProgress call = _router.Open(null);
        Assert.Equal(ProgressVerdict.Invalid, Apply(call.Token + 1, 1));
        Assert.Equal(ProgressVerdict.Invalid, Apply(0, 1));
        Assert.Equal(ProgressVerdict.Invalid, Apply(-1, 1));
        Assert.Equal(ProgressVerdict.Invalid, Apply(null, 1));
    }

    [Fact]
    public void A_number_that_is_missing_or_endless_is_invalid_and_not_applied()
    {
        CallProgress call = _router.Open(_observer);
        Assert.Equal(ProgressVerdict.Invalid, Apply(call.Token, null));
        Assert.Equal(ProgressVerdict.Invalid, Apply(call.Token, double.PositiveInfinity));
        Assert.Equal(ProgressVerdict.Invalid, Apply(call.Token, double.NaN));
        Assert.Empty(_observer.Updates);
    }

    [Fact]
    public void An_answer_ends_its_call_at_its_place_on_the_wire()
    {
        CallProgress call = Send(1);
        Apply(call.Token, 1);
        _router.ResponseReceived(Result(1, """{"content":[]}"""));
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 2));
        Assert.Equal(0, _router.InFlight);
    }

    [Fact]
    public void An_error_ends_its_call_too()
    {
        CallProgress call = Send(1);
        _router.ResponseReceived(new JsonRpcError { Id = new RequestId(1), Error = new JsonRpcErrorDetail { Code = 1, Message = "no" } });
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 2));
    }

    [Fact]
    public void The_answer_of_another_request_ends_nothing()
    {
        CallProgress call = Send(1);
        _router.ResponseReceived(Result(2, "{}"));
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 1));
    }

    [Fact]
    public void An_answer_that_asks_for_input_keeps_the_token_for_the_next_request()
    {
        CallProgress call = Send(1);
        _router.ResponseReceived(Result(1, """{"resultType":"input_required","requestState":"s"}"""));
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 1));
        _router.RequestSent(Request(2, call.Token));
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 2));
        _router.ResponseReceived(Result(2, """{"resultType":"complete","content":[]}"""));
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 3));
        Assert.Equal([1d, 2d], _observer.Updates.Select(update => update.Progress));
    }

    [Theory]
    [InlineData("""{"task":{"taskId":"t","status":"working"}}""")]
    [InlineData("""{"resultType":"task","taskId":"t","status":"working"}""")]
    public void An_answer_that_names_a_task_keeps_the_token(string result)
    {
        CallProgress call = Send(1);
        _router.ResponseReceived(Result(1, result));
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 1));
    }

    [Fact]
    public void The_request_of_a_call_is_known_while_it_is_not_answered()
    {
        CallProgress call = Send(17);
        Assert.Equal(new RequestId(17), _router.Abandon(call.Token));
        Assert.Null(_router.Abandon(call.Token));
    }

    [Fact]
    public void A_call_that_is_given_up_sees_no_more_progress_and_takes_no_answer()
    {
        CallProgress call = Send(17);
        Assert.Equal(ProgressVerdict.Applied, Apply(call.Token, 1));
        _router.Abandon(call.Token);
        _router.ResponseReceived(Result(17, """{"content":[]}"""));
        Assert.Equal(ProgressVerdict.Late, Apply(call.Token, 2));
        Assert.Equal([1d], _observer.Updates.Select(update => update.Progress));
    }

    [Fact]
    public void An_answered_call_has_no_request_to_cancel()
    {
        CallProgress call = Send(17);
        _router.ResponseReceived(Result(17, """{"resultType":"input_required","requestState":"s"}"""));
        Assert.Null(_router.Abandon(call.Token));
    }

    [Fact]
    public void A_call_that_ends_without_an_answer_leaves_nothing_behind()
    {
        CallProgress call = Send(17);
        _router.Close(call.Token);
        Assert.Null(_router.Abandon(call.Token));
    }

    [Fact]
    public void A_request_without_a_token_is_nobody_s()
    {
        _router.RequestSent(new JsonRpcRequest { Id = new RequestId(1), Method = "ping" });
        _router.RequestSent(new JsonRpcRequest { Id = new RequestId(2), Method = "ping", Params = new JsonObject { ["_meta"] = 1 } });
        _router.RequestSent(new JsonRpcRequest { Id = new RequestId(3), Method = "ping", Params = new JsonObject { ["_meta"] = new JsonObject { ["progressToken"] = "x" } } });
        _router.ResponseReceived(Result(1, "{}"));
        Assert.Equal(0, _router.InFlight);
    }

    private CallProgress Send(long id)
    {
        CallProgress call = _router.Open(_observer);
        _router.RequestSent(Request(id, call.Token));
        return call;
    }

    private ProgressVerdict Apply(long? token, double? progress) => _router.Apply(new ProgressLine.Content(token, progress, null, null));

    private static JsonRpcRequest Request(long id, long token) => new()
    {
        Id = new RequestId(id),
        Method = "tools/call",
        Params = new JsonObject { ["_meta"] = new JsonObject { ["progressToken"] = token } },
    };

    private static JsonRpcResponse Result(long id, string json) => new() { Id = new RequestId(id), Result = JsonNode.Parse(json) };
}
