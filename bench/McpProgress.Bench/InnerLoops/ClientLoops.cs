using System.Text.Json;
using BenchmarkDotNet.Attributes;
using McpProgress.Core.Events;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Bench.InnerLoops;

/// <summary>What a connection does for each progress notification, step by step and in one.</summary>
[MemoryDiagnoser]
public class ClientLoops
{
    private readonly ProgressRouter _router = new(TimeProvider.System);
    private readonly ProgressRouter _published = new(TimeProvider.System);
    private readonly EventScope _events = new(new EventHub(), "bench", "1");
    private OrderedTap _tap = null!;
    private byte[] _line = [];
    private ProgressLine.Content _content;
    private ProgressUpdate _update;

    /// <summary>Opens a call and encodes an update of it.</summary>
    [GlobalSetup]
    public void Open()
    {
        var hub = new EventHub();
        long token = _router.Open(new Watching()).Token;
        _published.Open(new Watching(), call => new EventScope(hub, "bench", $"{call}"));
        _tap = new OrderedTap(_published, new TransportStatistics());
        _line = JsonSerializer.SerializeToUtf8Bytes(new
        {
            jsonrpc = "2.0",
            method = "notifications/progress",
            @params = new { progressToken = token, progress = 41, total = 100_000, message = "item 41" },
        });
        if (!ProgressLine.TryRead(_line, out _content) || _router.Apply(_content) != ProgressVerdict.Applied || !_tap.TryTake(_line))
        {
            throw new InvalidOperationException("The notification is not taken as one.");
        }

        _update = new ProgressUpdate(41, 41, 100_000, "item 41", DateTimeOffset.UnixEpoch);
    }

    /// <summary>The SDK's way, for comparison: the message as a tree.</summary>
    [Benchmark(Description = "parse one notification, .NET SDK")]
    public object? ParseWithSdk() => JsonSerializer.Deserialize<JsonRpcMessage>(_line, McpJsonUtilities.DefaultOptions);

    /// <summary>From bytes to numbers.</summary>
    [Benchmark(Description = "parse one notification")]
    public bool Parse() => ProgressLine.TryRead(_line, out _);

    /// <summary>From its token to the call's observer.</summary>
    [Benchmark(Description = "apply one update")]
    public bool Apply() => _router.Apply(_content) == ProgressVerdict.Applied;

    /// <summary>Onto the event stream.</summary>
    [Benchmark(Description = "publish one event")]
    public void Publish() => _events.PublishProgress(_update);

    /// <summary>All of that.</summary>
    [Benchmark(Description = "all of it, from the line to observer and event")]
    public bool Take() => _tap.TryTake(_line);

    private sealed class Watching : IProgressObserver
    {
        private double _last;

        public void OnProgress(in ProgressUpdate update) => _last += update.Progress;
    }
}
