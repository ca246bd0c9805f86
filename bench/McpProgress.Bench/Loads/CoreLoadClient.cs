using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Bench.Loads;

/// <summary>The client of McpProgress.Core.</summary>
internal sealed class CoreLoadClient(ServerConnection connection) : ILoadClient
{
    public static async Task<ILoadClient> ConnectAsync(string server) =>
        new CoreLoadClient(await ServerConnection.ConnectAsync("bench", new StdioEndpoint(server, ["flood"])).ConfigureAwait(false));

    public async Task FloodAsync(int count, Action<double> onProgress) =>
        await connection.CallToolAsync(new ToolCallRequest("flood", new JsonObject { ["count"] = count })
        {
            Observer = new Observer(onProgress),
        }).ConfigureAwait(false);

    public async Task EchoAsync() =>
        await connection.CallToolAsync(new ToolCallRequest("echo", new JsonObject { ["message"] = "hello" })).ConfigureAwait(false);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private sealed class Observer(Action<double> onProgress) : IProgressObserver
    {
        public void OnProgress(in ProgressUpdate update) => onProgress(update.Progress);
    }
}
