using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>Our client and a server of revision 2026-07-28 alone, on the TypeScript SDK's second generation.</summary>
public abstract class ModernServerTests
{
    private protected static string Script { get; } = Layout.Script("modern-server.mjs");

    private protected abstract Task<ServerConnection> ConnectAsync();

    [NodeFact]
    public async Task Agrees_on_2026_07_28()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("2026-07-28", connection.ProtocolVersion);
        Assert.Equal("modern-server", connection.ServerName);
        Assert.Equal(["echo", "count", "wait", "cancelled"], (await connection.GetToolsAsync()).Select(tool => tool.Name));
    }

    [NodeFact]
    public async Task Progress_comes_in_order_and_before_the_result()
    {
        await using ServerConnection connection = await ConnectAsync();
        var recorder = new ProgressRecorder();

        ToolCallResult result = await connection.CallAsync("count", new { n = 5 }, recorder);

        Assert.Equal(
            [(1, "step 1"), (2, "step 2"), (3, "step 3"), (4, "step 4"), (5, "step 5")],
            recorder.Updates.Select(update => ((int)update.Progress, update.Message)));
        Assert.Equal("counted to 5", result.Text);
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
    public async Task A_sign_of_life_takes_a_moment()
    {
        await using ServerConnection connection = await ConnectAsync();

        TimeSpan elapsed = await connection.PingAsync(TimeSpan.FromSeconds(30));

        Assert.InRange(elapsed, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(30));
    }
}

/// <summary>Over stdio.</summary>
public sealed class ModernStdioServerTests : ModernServerTests
{
    private protected override Task<ServerConnection> ConnectAsync() =>
        ServerConnection.ConnectAsync("modern", new StdioEndpoint(Node.Path, [Script, "stdio"]));
}

/// <summary>Over Streamable HTTP, without a session.</summary>
public sealed class ModernHttpServerTests : ModernServerTests, IAsyncLifetime
{
    private readonly HttpServerPeer _server = new(Script);

    /// <inheritdoc/>
    public Task InitializeAsync() => _server.StartAsync();

    /// <inheritdoc/>
    public Task DisposeAsync() => _server.StopAsync();

    private protected override Task<ServerConnection> ConnectAsync() =>
        ServerConnection.ConnectAsync("modern", _server.Endpoint);
}
