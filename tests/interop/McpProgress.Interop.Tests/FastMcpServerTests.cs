using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>Our client and a server on fastmcp, whatever the transport.</summary>
public abstract class FastMcpServerTests
{
    private protected static string Script { get; } = Layout.Script("fastmcp-server.mjs");

    private protected abstract Task<ServerConnection> ConnectAsync();

    [NodeFact]
    public async Task Agrees_on_2025_11_25_and_lists_the_tools()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("2025-11-25", connection.ProtocolVersion);
        Assert.Equal("fastmcp-server", connection.ServerName);
        ToolDescriptor count = Assert.Single(await connection.GetToolsAsync(), tool => tool.Name == "count");
        Assert.Equal("integer", count.InputSchema.GetProperty("properties").GetProperty("n").GetProperty("type").GetString());
    }

    [NodeFact]
    public async Task Progress_comes_in_order_and_before_the_result()
    {
        await using ServerConnection connection = await ConnectAsync();
        var recorder = new ProgressRecorder();

        ToolCallResult result = await connection.CallAsync("count", new { n = 5 }, recorder);

        Assert.Equal(
            [(1, 5, "step 1"), (2, 5, "step 2"), (3, 5, "step 3"), (4, 5, "step 4"), (5, 5, "step 5")],
            recorder.Updates.Select(update => ((int)update.Progress, (int)update.Total!, update.Message)));
        Assert.Equal("counted to 5", result.Text);
        Assert.Equal(5, result.ProgressCount);
    }

    [NodeFact]
    public async Task Returns_text_and_structured_content()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("Grüße, 世界 🌍", (await connection.CallAsync("echo", new { text = "Grüße, 世界 🌍" })).Text);
        Assert.Equal(5, (int)(await connection.CallAsync("add", new { a = 2, b = 3 })).StructuredContent!["sum"]!);
    }

    [NodeFact]
    public async Task A_tool_that_throws_half_way_is_an_error_of_the_tool()
    {
        await using ServerConnection connection = await ConnectAsync();
        var recorder = new ProgressRecorder();

        ToolCallResult result = await connection.CallAsync("break", null, recorder);

        Assert.True(result.IsError);
        Assert.Equal("It broke half-way.", result.Text);
        Assert.Equal(50, Assert.Single(recorder.Updates).PercentComplete);
    }

    [NodeFact]
    public async Task Arguments_it_refuses_and_tools_it_has_not_are_errors_that_say_so()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Contains("a", await connection.RefusalAsync("add", new { a = "two", b = 3 }), StringComparison.Ordinal);
        Assert.Contains("nothing-like-it", await connection.RefusalAsync("nothing-like-it"), StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task A_cancelled_call_is_cancelled_on_the_server_too()
    {
        await using ServerConnection connection = await ConnectAsync();
        using var cancellation = new CancellationTokenSource();
        var recorder = new ProgressRecorder(awaited: 2);
        Task<ToolCallResult> call = connection.CallAsync("wait", null, recorder, cancellationToken: cancellation.Token);
        await recorder.Reached;

        await cancellation.CancelAsync();

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => call).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ErrorIds.Cancelled, failure.ErrorId);

        // Answers only when the server has seen the cancellation.
        Assert.Equal("a wait was cancelled", (await connection.CallAsync("cancelled")).Text);
    }

    [NodeFact]
    public async Task A_question_gets_its_answer()
    {
        await using ServerConnection connection = await ConnectAsync();

        ToolCallResult result = await connection.CallAsync("name", responder: Responders.Accepting(("name", "Ada")));

        Assert.Equal("Hello Ada", result.Text);
    }

    [NodeFact]
    public async Task Asked_to_think_for_the_server_it_says_that_it_cannot()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("refused with -32601", (await connection.CallAsync("think")).Text);
        Assert.Equal("still here", (await connection.CallAsync("echo", new { text = "still here" })).Text);
    }
}

/// <summary>Over stdio.</summary>
public sealed class FastMcpStdioServerTests : FastMcpServerTests
{
    private protected override Task<ServerConnection> ConnectAsync() =>
        ServerConnection.ConnectAsync("fastmcp", new StdioEndpoint(Node.Path, [Script, "stdio"]));
}

/// <summary>Over Streamable HTTP.</summary>
public sealed class FastMcpHttpServerTests : FastMcpServerTests, IAsyncLifetime
{
    private readonly HttpServerPeer _server = new(Script);

    /// <inheritdoc/>
    public Task InitializeAsync() => _server.StartAsync();

    /// <inheritdoc/>
    public Task DisposeAsync() => _server.StopAsync();

    private protected override Task<ServerConnection> ConnectAsync() =>
        ServerConnection.ConnectAsync("fastmcp", _server.Endpoint);
}
