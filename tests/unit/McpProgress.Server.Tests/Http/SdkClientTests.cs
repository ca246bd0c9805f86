using System.IO.Pipelines;
using McpProgress.Server.Stdio;
using McpProgress.Server.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Http;

/// <summary>The SDK's own client, of both eras, over both transports.</summary>
public sealed class SdkClientTests
{
    private static readonly string[] Items = ["Hello-1", "Hello-2", "Hello-3"];

    public static TheoryData<string, bool> Ways => new()
    {
        { "2025-11-25", true },
        { "2025-11-25", false },
        { "2026-07-28", true },
        { "2026-07-28", false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task It_lists_calls_and_sees_the_progress(string version, bool overHttp)
    {
        await using var served = await ServedAsync(overHttp);
        var progress = new Collector(count: 4);
        await using var client = await McpClient.CreateAsync(served.Transport, new McpClientOptions
        {
            ProtocolVersion = version,
            Handlers = new McpClientHandlers
            {
                NotificationHandlers = [new(NotificationMethods.ProgressNotification, progress.TakeAsync)],
            },
        }).Soon();
        Assert.Equal(version, client.NegotiatedProtocolVersion);

        var tools = await client.ListToolsAsync().AsTask().Soon();
        Assert.Contains(tools, tool => tool.Name == "process_items");
        Assert.DoesNotContain(tools, tool => tool.Name.StartsWith('_'));

        // The SDK's client hands notifications over in no order (the raw tests see the wire's), but it loses none.
        var result = await client.CallToolAsync(
            "process_items", new Dictionary<string, object?> { ["items"] = Items }, progress: new Progress<ProgressNotificationValue>()).AsTask().Soon();
        Assert.Equal(3, result.StructuredContent!.Value.GetProperty("processed").GetInt32());
        Assert.Equal(["done", "processing Hello-1", "processing Hello-2", "processing Hello-3"], (await progress.All.Soon()).Order(StringComparer.Ordinal));

        var unknown = await Assert.ThrowsAnyAsync<McpProtocolException>(() => client.CallToolAsync("nope").AsTask().Soon());
        Assert.Equal(McpErrorCode.InvalidParams, unknown.ErrorCode);

        var bad = await client.CallToolAsync("download_file", new Dictionary<string, object?> { ["filename"] = "f", ["size_mb"] = 0 }).AsTask().Soon();
        Assert.True(bad.IsError);
        Assert.Contains("at least 1", Assert.IsType<TextContentBlock>(bad.Content[0]).Text, StringComparison.Ordinal);
    }

    private static async Task<Served> ServedAsync(bool overHttp)
    {
        if (overHttp)
        {
            var server = await RawHttp.StartAsync(TestServers.Samples());
            return new Served(new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(server.Host.Url), TransportMode = HttpTransportMode.StreamableHttp }), server.DisposeAsync);
        }

        var toServer = new Pipe();
        var fromServer = new Pipe();
        var serving = Task.Run(() => StdioToolServer.RunAsync(
            TestServers.Samples(), toServer.Reader.AsStream(), fromServer.Writer.AsStream(), NullLoggerFactory.Instance, default));
        return new Served(new StreamClientTransport(toServer.Writer.AsStream(), fromServer.Reader.AsStream(), NullLoggerFactory.Instance), async () =>
        {
            await toServer.Writer.CompleteAsync();
            await serving.Soon();
        });
    }

    private sealed record Served(IClientTransport Transport, Func<ValueTask> Stop) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Stop();
    }

    private sealed class Collector(int count)
    {
        private readonly List<string> _messages = [];
        private readonly TaskCompletionSource<List<string>> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<List<string>> All => _all.Task;

        public ValueTask TakeAsync(JsonRpcNotification notification, CancellationToken cancelled)
        {
            lock (_messages)
            {
                _messages.Add(notification.Params!["message"]!.GetValue<string>());
                if (_messages.Count == count)
                {
                    _all.TrySetResult(_messages);
                }
            }

            return default;
        }
    }
}
