using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace McpProgress.Bench.Loads;

/// <summary>The MCP SDK's client over stdio, used as its documentation shows.</summary>
internal sealed class SdkLoadClient(McpClient client) : ILoadClient
{
    private static readonly Dictionary<string, object?> s_echoArguments = new() { ["message"] = "hello" };

    public static async Task<ILoadClient> ConnectAsync(string server) =>
        new SdkLoadClient(await McpClient.CreateAsync(new StdioClientTransport(new() { Command = server, Arguments = ["flood"] }))
            .ConfigureAwait(false));

    public async Task FloodAsync(int count, Action<double> onProgress) =>
        await client.CallToolAsync(
            "flood",
            new Dictionary<string, object?> { ["count"] = count },
            new Callback(onProgress)).ConfigureAwait(false);

    public async Task EchoAsync() => await client.CallToolAsync("echo", s_echoArguments).ConfigureAwait(false);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    /// <summary>Unlike <see cref="Progress{T}"/>, calls back at once: what is measured is the SDK alone.</summary>
    private sealed class Callback(Action<double> onProgress) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => onProgress(value.Progress);
    }
}
