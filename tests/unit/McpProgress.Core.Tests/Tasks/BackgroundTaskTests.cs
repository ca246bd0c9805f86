using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Events;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class BackgroundTaskTests
{
    private readonly BackgroundTask _task = new("id", BackgroundKind.Task, "server", "key", "tool", DateTimeOffset.UnixEpoch, TimeProvider.System);

    [Fact]
    public void Every_change_is_told_once_in_order_and_no_change_is_not()
    {
        var told = new List<string?>();
        _task.Changed += of => told.Add(of.State.StatusMessage);

        foreach (string message in new[] { "a", "b", "b", "c" })
        {
            _task.Update(state => state with { StatusMessage = message });
        }

        Assert.Equal(["a", "b", "c"], told);
    }

    [Fact]
    public void A_warning_moves_no_cursor_whatever_the_server_put_in_it()
    {
        var told = new List<string>();
        _task.ObserveWarnings(told.Add);

        _task.Warn("The answer to 'na\u001b[2Jme' was refused.");

        Assert.Equal("The answer to 'name' was refused.", Assert.Single(told));
    }

    [Fact]
    public async Task What_has_completed_stays_so()
    {
        var result = new ToolCallResult([], 0);
        _task.Complete(result);
        _task.Fail(new McpFailureException(ErrorIds.Cancelled, "too late"));
        _task.Update(state => state with { Status = BackgroundStatus.Working, StatusMessage = "late" });

        Assert.Equal(BackgroundStatus.Completed, _task.State.Status);
        Assert.Null(_task.State.StatusMessage);
        Assert.Same(result, await _task.Completion);
    }

    [Theory]
    [InlineData(ErrorIds.Cancelled, BackgroundStatus.Cancelled)]
    [InlineData(ErrorIds.ConnectionLost, BackgroundStatus.Failed)]
    public async Task What_has_failed_stays_so(string errorId, BackgroundStatus status)
    {
        _task.Fail(new McpFailureException(errorId, "why"));
        _task.Complete(new ToolCallResult([], 0));

        Assert.Equal(status, _task.State.Status);
        Assert.Equal("why", _task.State.StatusMessage);
        await _task.FailureAsync(errorId);
    }

    [Fact]
    public async Task Whatever_becomes_of_its_events_the_work_ends()
    {
        var events = new EventScope(new EventHub(time: new BrokenClock()), "server");
        BackgroundTask Create() => new("id", BackgroundKind.Task, "server", "key", "tool", DateTimeOffset.UnixEpoch, TimeProvider.System, events: events);
        BackgroundTask completed = Create();
        BackgroundTask failed = Create();

        Assert.Throws<InvalidOperationException>(() => completed.Complete(new ToolCallResult([], 0)));
        Assert.Throws<InvalidOperationException>(() => failed.Fail(new McpFailureException(ErrorIds.ProtocolError, "why")));

        await completed.Completion.Within();
        await failed.FailureAsync(ErrorIds.ProtocolError);
    }

    [Fact]
    public async Task A_question_is_put_once_and_answered_once()
    {
        Task<InputAnswer?> asked = _task.AskAsync(Question("q"), CancellationToken.None);
        Assert.Equal(BackgroundStatus.InputRequired, _task.State.Status);
        Assert.Equal("Which?", _task.State.StatusMessage);
        Assert.Null(await _task.AskAsync(Question("q"), CancellationToken.None));

        // What the server reports meanwhile does not hide the question.
        _task.Update(state => state with { Status = BackgroundStatus.Working, StatusMessage = "waiting" });
        Assert.Equal((BackgroundStatus.InputRequired, "Which?"), (_task.State.Status, _task.State.StatusMessage));

        _task.Answer(null, new InputAnswer("decline"));

        Assert.Equal("decline", (await asked.WaitAsync(FakeServer.Generous))!.Action);
        Assert.Equal(BackgroundStatus.Working, _task.State.Status);
        Assert.Empty(_task.PendingInput);
        Assert.Null(await _task.AskAsync(Question("q"), CancellationToken.None));
        Assert.Contains("answered already", Refused(() => _task.Answer("q", new InputAnswer("accept"))), StringComparison.Ordinal);
        Assert.Contains("waits for no input", Refused(() => _task.Answer(null, new InputAnswer("accept"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_questions_the_one_named_is_answered()
    {
        Task<InputAnswer?> first = _task.AskAsync(Question("one"), CancellationToken.None);
        Task<InputAnswer?> second = _task.AskAsync(Question("two"), CancellationToken.None);
        Assert.Contains("one, two", Refused(() => _task.Answer(null, new InputAnswer("cancel"))), StringComparison.Ordinal);
        Assert.Contains("no question 'three'", Refused(() => _task.Answer("three", new InputAnswer("cancel"))), StringComparison.Ordinal);

        _task.Answer("two", new InputAnswer("cancel"));

        Assert.Equal("cancel", (await second.WaitAsync(FakeServer.Generous))!.Action);
        Assert.False(first.IsCompleted);
        Assert.Equal(BackgroundStatus.InputRequired, _task.State.Status);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_leaves_the_question_open()
    {
        Task<InputAnswer?> asked = _task.AskAsync(Question("q", """{"type":"object","properties":{"count":{"type":"integer","maximum":5}},"required":["count"]}"""), CancellationToken.None);

        Assert.Contains("count", Refused(() => _task.Answer("q", Accept(("count", "many")))), StringComparison.Ordinal);
        Assert.Contains("count", Refused(() => _task.Answer("q", Accept(("count", 9)))), StringComparison.Ordinal);
        Assert.Contains("count", Refused(() => _task.Answer("q", new InputAnswer("accept"))), StringComparison.Ordinal);
        Assert.Contains("'perhaps'", Refused(() => _task.Answer("q", new InputAnswer("perhaps"))), StringComparison.Ordinal);
        Assert.Single(_task.PendingInput);

        _task.Answer("q", Accept(("count", "4")));
        Assert.Equal("""{"action":"accept","content":{"count":4}}""", (await asked.WaitAsync(FakeServer.Generous))!.ToJson().ToJsonString());
    }

    [Fact]
    public async Task Defaults_fill_what_an_answer_leaves_out()
    {
        Task<InputAnswer?> asked = _task.AskAsync(
            Question("q", """{"type":"object","properties":{"size":{"type":"string","enum":["s","l"],"default":"l"},"wrap":{"type":"boolean","default":true},"note":{"type":"string"}},"required":["size"]}"""),
            CancellationToken.None);

        _task.Answer("q", Accept(("WRAP", false)));

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"action":"accept","content":{"size":"l","wrap":false}}"""), (await asked.WaitAsync(FakeServer.Generous))!.ToJson()));
    }

    [Fact]
    public async Task A_question_that_is_no_longer_wanted_goes_away()
    {
        using var cancellation = new CancellationTokenSource();
        Task<InputAnswer?> asked = _task.AskAsync(Question("q"), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Empty(_task.PendingInput);
    }

    [Theory]
    [InlineData(5d, 10d, 50)]
    [InlineData(50d, 10d, 100)]
    [InlineData(-5d, 10d, 0)]
    [InlineData(5d, null, -1)]
    [InlineData(5d, 0d, -1)]
    [InlineData(null, 10d, -1)]
    public void The_percentage_is_clamped_or_unknown(double? progress, double? total, int percent)
    {
        _task.Update(state => state with { Progress = progress, Total = total });

        Assert.Equal(percent, _task.State.PercentComplete);
    }

    private static InputRequest Question(string key, string? schema = null)
    {
        var parameters = new JsonObject { ["message"] = "Which?" };
        if (schema is not null)
        {
            parameters["requestedSchema"] = JsonNode.Parse(schema);
        }

        return InputRequest.Read(key, "elicitation/create", parameters);
    }

    private static InputAnswer Accept(params (string Name, object? Value)[] content) =>
        new("accept", content.ToDictionary(member => member.Name, member => member.Value));

    private static string Refused(Action answer)
    {
        McpFailureException failure = Assert.Throws<McpFailureException>(answer);
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
        return failure.Message;
    }

    private sealed class BrokenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => throw new InvalidOperationException("The clock is broken.");
    }
}
