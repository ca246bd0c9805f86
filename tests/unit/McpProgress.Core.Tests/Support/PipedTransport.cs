using System.IO.Pipelines;
using System.Text;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Support;

/// <summary>A stdio transport whose other end is in the hands of a test.</summary>
internal sealed class PipedTransport : IAsyncDisposable
{
    public const int Limit = 1 << 20;

    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly StreamReader _received;

    public PipedTransport(Stream? serverInput = null, bool hasSession = true)
    {
        Router = new ProgressRouter(Time);
        Tap = new OrderedTap(Router, Statistics);
        Transport = new StdioTransport(
            _toClient.Reader.AsStream(), serverInput ?? _toServer.Writer.AsStream(), Tap, Statistics, Limit, reason => Unreadable.Add(reason));
        if (hasSession)
        {
            Transport.TakeOver();
        }

        _received = new StreamReader(_toServer.Reader.AsStream());
    }

    public ManualTimeProvider Time { get; } = new();

    public ProgressRouter Router { get; }

    public OrderedTap Tap { get; }

    public TransportStatistics Statistics { get; } = new();

    public StdioTransport Transport { get; }

    public List<string> Unreadable { get; } = [];

    /// <summary>Writes as the server, bytes as they are.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await _toClient.Writer.WriteAsync(bytes);

    /// <summary>Ends the server's output and returns every message that reached the SDK.</summary>
    public async Task<IReadOnlyList<JsonRpcMessage>> EndAsync()
    {
        await _toClient.Writer.CompleteAsync();
        var messages = new List<JsonRpcMessage>();
        while (await Transport.MessageReader.WaitToReadAsync().AsTask().Within())
        {
            while (Transport.MessageReader.TryRead(out JsonRpcMessage? message))
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    /// <summary>Breaks the server's output off.</summary>
    public async Task BreakAsync(Exception exception) => await _toClient.Writer.CompleteAsync(exception);

    /// <summary>The next line the client sent.</summary>
    public async Task<string?> ReceiveAsync() => await _received.ReadLineAsync().Within();

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
