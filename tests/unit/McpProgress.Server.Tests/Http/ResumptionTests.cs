using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Http;

/// <summary>A client of 2025-11-25 that lost the response to a call comes back for it (Streamable HTTP, resumability).</summary>
#pragma warning disable CA1001 // xUnit calls DisposeAsync of IAsyncLifetime.
public sealed class ResumptionTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Call = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"probe","_meta":{"progressToken":"p"}}}""";

    private readonly ProbeTool _probe = new();
    private readonly StreamableHttpEndpoint _endpoint;
    private string _session = "";

    public ResumptionTests()
    {
        var tools = new ToolServerOptions { Tools = new ToolSet([_probe.Tool]), ProgressRate = 0 };
        _endpoint = new StreamableHttpEndpoint(tools, new HttpServerOptions(), NullLoggerFactory.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _endpoint.DisposeAsync().AsTask();

    [Fact]
    public async Task It_gets_what_it_missed_and_then_what_comes()
    {
        var (lost, handled) = await StartCallAsync();
        Assert.StartsWith("id: 1-0\nretry: 1000\ndata: \n\nid: 1-1\nevent: message\n", lost.Text, StringComparison.Ordinal);
        lost.Abort();
        await handled.Soon();

        var back = Get("1-0");
        var resumed = _endpoint.HandleAsync(back);
        await back.HasAsync("notifications/progress");
        _probe.Release();
        await resumed.Soon();

        Assert.Equal(["id: 1-1", "id: 1-2"], Ids(back));
        Assert.Contains("released", back.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("retry", back.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_gets_an_answer_that_was_given_while_it_was_gone()
    {
        var (lost, handled) = await StartCallAsync();
        lost.Abort();
        await handled.Soon();
        _probe.Release();
        await _probe.Finished.Soon();

        // Whether it is answered before the client is back or after: it gets the answer, and only that it did not have.
        var back = Get("1-1");
        await _endpoint.HandleAsync(back).Soon();
        Assert.Equal(["id: 1-2"], Ids(back));
        Assert.Contains("released", back.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_response_ends_when_the_client_comes_back_early()
    {
        var (first, handled) = await StartCallAsync();
        var back = Get("1-1");
        var resumed = _endpoint.HandleAsync(back);
        await handled.Soon();

        _probe.Release();
        await resumed.Soon();
        Assert.DoesNotContain("released", first.Text, StringComparison.Ordinal);
        Assert.Contains("released", back.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1-0")]
    [InlineData("99-1")]
    [InlineData("nonsense")]
    public async Task There_is_nothing_to_come_back_for_after_an_answer_that_arrived(string last)
    {
        var (_, handled) = await StartCallAsync();
        _probe.Release();
        await handled.Soon();

        var back = Get(last);
        await _endpoint.HandleAsync(back).Soon();
        Assert.Equal(400, back.Status);
    }

    [Fact]
    public async Task Earlier_revisions_have_no_way_back()
    {
        var (call, handled) = await StartCallAsync("2025-06-18");
        _probe.Release();
        await handled.Soon();
        Assert.Empty(Ids(call));
        Assert.StartsWith("event: message\n", call.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_events_the_newest_are_kept_and_a_huge_one_whole()
    {
        var history = new EventHistory(3);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        for (var number = 1; number <= 10; number++)
        {
            history.WriteId(buffer);
            history.Keep(new byte[EventHistory.MaxBytes / 4]);
        }

        Assert.Equal(EventHistory.MaxBytes, history.After(0).Length);
        Assert.Equal(EventHistory.MaxBytes / 2, history.After(8).Length);
        history.WriteId(buffer);
        history.Keep(new byte[EventHistory.MaxBytes * 3]);
        Assert.Equal(EventHistory.MaxBytes * 3, history.After(0).Length);
        Assert.Empty(history.After(11));
    }

    private async Task<(MemoryExchange Call, Task Handled)> StartCallAsync(string version = "2025-11-25")
    {
        var initialize = new MemoryExchange("POST", RawHttp.Initialize.Replace("2025-11-25", version, StringComparison.Ordinal));
        await _endpoint.HandleAsync(initialize).Soon();
        _session = initialize.ResponseHeaders["Mcp-Session-Id"];
        var call = new MemoryExchange("POST", Call).With("Mcp-Session-Id", _session).With("MCP-Protocol-Version", version);
        var handled = _endpoint.HandleAsync(call);
        await _probe.Started.Soon();
        await call.HasAsync("notifications/progress");
        return (call, handled);
    }

    private MemoryExchange Get(string last) =>
        new MemoryExchange("GET").With("Mcp-Session-Id", _session).With("MCP-Protocol-Version", "2025-11-25").With("Last-Event-ID", last);

    private static IEnumerable<string> Ids(MemoryExchange exchange) => exchange.Text.Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal));
}
