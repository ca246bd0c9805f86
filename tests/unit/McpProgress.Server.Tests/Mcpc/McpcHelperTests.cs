using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Mcpc;

public sealed class McpcHelperTests
{
    private readonly List<McpcMessage> _sent = [];
    private readonly ManualTimeProvider _time = new();
    private readonly McpcHelper _helper;

    public McpcHelperTests() => _helper = new McpcHelper(
        "provider",
        message =>
        {
            _sent.Add(message);
            return default;
        },
        _time);

    [Fact]
    public async Task Work_is_started_checked_stopped_and_cleaned_up()
    {
        _time.Advance(TimeSpan.FromHours(1));
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Null(_helper.CheckTask("t"));
        Assert.True(_helper.StartTask("t", async cancelled =>
        {
            cancelled.Register(() => stopped.TrySetResult());
            await mayEnd.Task;
            cancelled.ThrowIfCancellationRequested();
        }));
        Assert.Equal(new McpcWork(McpcWorkStatus.Running, DateTimeOffset.UnixEpoch.AddHours(1)), _helper.CheckTask("t"));
        Assert.False(_helper.StartTask("t", _ => Task.CompletedTask));

        Assert.True(_helper.StopTask("t"));
        await stopped.Task.Soon();
        Assert.Equal(McpcWorkStatus.Stopping, _helper.CheckTask("t")!.Status);
        Assert.True(_helper.CheckTask("t")!.IsRunning);
        mayEnd.SetResult();
        await UntilAsync("t", McpcWorkStatus.Stopped);
        Assert.False(_helper.CheckTask("t")!.IsRunning);

        _helper.CleanupTask("t");
        _helper.CleanupTask("t");
        Assert.Null(_helper.CheckTask("t"));
        Assert.False(_helper.StopTask("t"));
        Assert.Equal(0, _helper.Count);
    }

    [Fact]
    public async Task Work_that_throws_has_failed_and_does_not_read_running_for_ever()
    {
        Assert.True(_helper.StartTask("bad", _ => throw new InvalidOperationException()));
        await UntilAsync("bad", McpcWorkStatus.Failed);

        // The id of work that has ended may be used again.
        Assert.True(_helper.StartTask("bad", _ => Task.CompletedTask));
        await UntilAsync("bad", McpcWorkStatus.Complete);
    }

    [Theory]
    [InlineData("update", null, "s", "t", "tool_name, session_id, and task_id are required for task messages")]
    [InlineData("update", "tool", "", "t", "tool_name, session_id, and task_id are required for task messages")]
    [InlineData("update", "tool", "s", null, "tool_name, session_id, and task_id are required for task messages")]
    [InlineData("progress", "tool", "s", "t", "task messages must use one of: created, update, complete, failed")]
    public void Messages_are_checked_in_the_originals_words(string @event, string? tool, string? session, string? task, string message) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => McpcHelper.CreateMessage(@event, tool, session, task)).Message);

    [Fact]
    public void A_server_event_needs_its_session() => Assert.Equal(
        "session_id is required for server event messages",
        Assert.Throws<ArgumentException>(() => McpcHelper.CreateServerEvent("any", null)).Message);

    [Fact]
    public async Task Messages_are_sent_as_responses_nobody_asked_for()
    {
        var message = McpcHelper.CreateMessage("complete", "tool", "s", "t", new JsonObject { ["a"] = 1 });
        await _helper.SendAsync(message);
        Assert.Same(message, Assert.Single(_sent));
        var callback = McpcHelper.ToCallback(message);
        Assert.Equal("MCPC_CALLBACK", callback.Id.ToString());
        Assert.Equal(
            """{"type":"task","event":"complete","session_id":"s","task_id":"t","tool_name":"tool","result":{"a":1},"protocol":"mcpc"}""",
            callback.Result!["content"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public void The_protocol_info_is_that_of_the_dialect()
    {
        Assert.Equal("""{"mcpc_enabled":true,"mcpc_version":"0.2.6","mcpc_provider":"provider"}""", _helper.GetProtocolInfo().ToJsonString());
        Assert.Equal(
            """{"mcpc_enabled":true,"mcpc_version":"0.2.1","mcpc_provider":"provider","mcpc_direct_updates":true}""",
            _helper.GetProtocolInfo(McpcDialect.A).ToJsonString());
    }

    // The helper has no event for the end of work, as the original has none: its state is what there is to look at.
    private async Task UntilAsync(string id, McpcWorkStatus status)
    {
        using var limit = new CancellationTokenSource(Waiting.Limit);
        while (_helper.CheckTask(id)!.Status != status)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
