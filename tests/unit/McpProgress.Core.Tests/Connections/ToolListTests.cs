using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Connections;

public sealed class ToolListTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<string?> _cursors = [];
    private Func<string?, Task<JsonNode?>> _answer = _ => throw new InvalidOperationException("Nothing was to be asked.");

    [Fact]
    public async Task All_pages_are_read_and_kept()
    {
        _answer = cursor => Page(cursor switch { null => ("2", ["a", "b"]), "2" => ("3", []), _ => (null, ["c"]) });
        ToolList list = Create();
        Assert.Equal(["a", "b", "c"], await NamesAsync(list));
        Assert.Equal(["a", "b", "c"], await NamesAsync(list));
        Assert.Equal([null, "2", "3"], _cursors);
    }

    [Fact]
    public async Task An_empty_cursor_is_none()
    {
        _answer = _ => Page(("", ["a"]));
        Assert.Equal(["a"], await NamesAsync(Create()));
        Assert.Single(_cursors);
    }

    [Fact]
    public async Task Refreshing_asks_again()
    {
        _answer = _ => Page((null, [$"tool-{_cursors.Count}"]));
        ToolList list = Create();
        Assert.Equal(["tool-1"], await NamesAsync(list));
        Assert.Equal(["tool-2"], await NamesAsync(list, refresh: true));
        Assert.Equal(["tool-2"], await NamesAsync(list));
    }

    [Fact]
    public async Task A_change_on_the_server_is_seen_by_the_next_question()
    {
        _answer = _ => Page((null, [$"tool-{_cursors.Count}"]));
        ToolList list = Create();
        await NamesAsync(list);
        list.Invalidate();
        Assert.Equal(["tool-2"], await NamesAsync(list));
    }

    [Fact]
    public async Task A_change_while_the_list_is_read_makes_that_list_stale()
    {
        ToolList list = Create();
        _answer = _ =>
        {
            if (_cursors.Count == 1)
            {
                list.Invalidate();
            }

            return Page((null, [$"tool-{_cursors.Count}"]));
        };
        Assert.Equal(["tool-1"], await NamesAsync(list));
        Assert.Equal(["tool-2"], await NamesAsync(list));
        Assert.Equal(["tool-2"], await NamesAsync(list));
    }

    [Fact]
    public async Task The_list_holds_for_its_time_to_live()
    {
        _answer = _ => Page((null, [$"tool-{_cursors.Count}"]), ttlMs: 5000);
        ToolList list = Create();
        Assert.Equal(["tool-1"], await NamesAsync(list));
        _time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.Equal(["tool-1"], await NamesAsync(list));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["tool-2"], await NamesAsync(list));
    }

    [Fact]
    public async Task A_time_to_live_of_zero_is_over_at_once()
    {
        _answer = _ => Page((null, [$"tool-{_cursors.Count}"]), ttlMs: 0);
        ToolList list = Create();
        Assert.Equal(["tool-1"], await NamesAsync(list));
        Assert.Null(list.Current);
        Assert.Equal(["tool-2"], await NamesAsync(list));
    }

    [Fact]
    public async Task A_list_of_pages_holds_as_long_as_its_stalest_page()
    {
        _answer = cursor => cursor is null ? Page(("2", ["a"]), ttlMs: 1000) : Page((null, ["b"]), ttlMs: 60_000);
        ToolList list = Create();
        await NamesAsync(list);
        _time.Advance(TimeSpan.FromSeconds(1));
        await NamesAsync(list);
        Assert.Equal(4, _cursors.Count);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1e300")]
    [InlineData("\"soon\"")]
    [InlineData("null")]
    public async Task A_time_to_live_without_sense_is_none(string ttl)
    {
        _answer = _ => Task.FromResult(JsonNode.Parse($$"""{"tools":[{"name":"a"}],"ttlMs":{{ttl}}}"""));
        ToolList list = Create();
        await NamesAsync(list);
        _time.Advance(TimeSpan.FromDays(400));
        await NamesAsync(list);
        Assert.Single(_cursors);
    }

    [Fact]
    public async Task Pages_without_end_are_a_protocol_error()
    {
        _answer = _ => Page(("again", ["a"]));
        McpFailureException failure = await NamesAsync(Create()).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("did not end", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1000, _cursors.Count);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("{\"tools\":null}")]
    [InlineData("{\"tools\":{\"name\":\"a\"}}")]
    [InlineData("{\"tools\":[null,7,\"a\",[],{},{\"name\":7},{\"name\":\"\"},{\"title\":\"no name\"}]}")]
    [InlineData("{\"tools\":[{\"name\":\"a\",\"name\":\"b\"}]}")]
    [InlineData("{\"tools\":[],\"nextCursor\":7}")]
    public async Task What_is_no_tool_is_left_out(string result)
    {
        _answer = _ => Task.FromResult(JsonNode.Parse(result));
        Assert.Empty(await NamesAsync(Create()));
    }

    [Fact]
    public async Task A_tool_half_of_whose_texts_are_broken_can_still_be_called()
    {
        _answer = _ => Task.FromResult(JsonNode.Parse(
            """{"tools":[{"name":"a","description":"\ud83d","title":7,"inputSchema":{"properties":{"x":{"description":"\ud83d"}}},"annotations":[],"execution":7},{"name":"b","description":"good"}]}"""));
        IReadOnlyList<ToolDescriptor> tools = await Create().GetAsync(false, CancellationToken.None).Within();
        Assert.Equal(["a", "b"], tools.Select(tool => tool.Name));
        Assert.Null(tools[0].Description);
        Assert.Equal("object", tools[0].InputSchema.GetProperty("type").GetString());
        Assert.Equal("good", tools[1].Description);
    }

    [Fact]
    public async Task Tools_that_the_transport_cannot_call_are_left_out()
    {
        _answer = _ => Page((null, ["good", "bad"]));
        Assert.Equal(["good"], await NamesAsync(Create(tool => tool.Name != "bad")));
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        ToolList list = Create();
        _answer = _ => throw new McpFailureException(ErrorIds.ProtocolError, "Not now.");
        await NamesAsync(list).FailureAsync(ErrorIds.ProtocolError);
        _answer = _ => Page((null, ["a"]));
        Assert.Equal(["a"], await NamesAsync(list));
    }

    [Fact]
    public async Task Those_who_ask_at_the_same_time_share_one_question()
    {
        var answer = new TaskCompletionSource<JsonNode?>();
        _answer = _ => answer.Task;
        ToolList list = Create();
        Task<string[]>[] asking = [.. Enumerable.Range(0, 10).Select(_ => NamesAsync(list))];
        answer.SetResult(JsonNode.Parse("""{"tools":[{"name":"a"}]}"""));
        Assert.All(await Task.WhenAll(asking).Within(), names => Assert.Equal(["a"], names));
        Assert.Single(_cursors);
    }

    [Fact]
    public async Task One_who_gives_up_does_not_hold_up_the_others()
    {
        var answer = new TaskCompletionSource<JsonNode?>();
        _answer = _ => answer.Task;
        ToolList list = Create();
        using var cancel = new CancellationTokenSource();
        Task<string[]> first = NamesAsync(list);
        Task second = list.GetAsync(false, cancel.Token);
        Task<string[]> third = NamesAsync(list);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Within());
        answer.SetResult(JsonNode.Parse("""{"tools":[]}"""));
        Assert.Empty(await first.Within());
        Assert.Empty(await third.Within());
    }

    private ToolList Create(Func<ToolDescriptor, bool>? accept = null) => new(
        (method, parameters, _) =>
        {
            Assert.Equal("tools/list", method);
            string? cursor = (string?)parameters["cursor"];
            _cursors.Add(cursor);
            return _answer(cursor);
        },
        accept ?? (_ => true),
        _time);

    private static async Task<string[]> NamesAsync(ToolList list, bool refresh = false) =>
        [.. (await list.GetAsync(refresh, CancellationToken.None).Within()).Select(tool => tool.Name)];

    private static Task<JsonNode?> Page((string? Next, string[] Names) page, int? ttlMs = null)
    {
        var result = new JsonObject { ["tools"] = new JsonArray([.. page.Names.Select(name => new JsonObject { ["name"] = name })]) };
        if (page.Next is not null)
        {
            result["nextCursor"] = page.Next;
        }

        if (ttlMs is not null)
        {
            result["ttlMs"] = ttlMs;
        }

        // As it comes off the wire: a number made here would be an int to every reader.
        return Task.FromResult(JsonNode.Parse(result.ToJsonString()));
    }
}
