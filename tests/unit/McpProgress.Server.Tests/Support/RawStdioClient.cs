using System.IO.Pipelines;
using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Stdio;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProgress.Server.Tests.Support;

/// <summary>A stdio server on in-memory pipes, and a client that sees each line as it is.</summary>
internal sealed class RawStdioClient : IAsyncDisposable
{
    private readonly Pipe _toServer = new();
    private readonly Pipe _fromServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly StreamWriter _writer;
    private readonly StreamReader _reader;
    private readonly BreakableStream _output;
    private readonly CancellationTokenSource _stop = new();

    public RawStdioClient(ToolServerOptions options)
    {
        _writer = new StreamWriter(_toServer.Writer.AsStream()) { AutoFlush = true, NewLine = "\n" };
        _reader = new StreamReader(_fromServer.Reader.AsStream());
        _output = new BreakableStream(_fromServer.Writer.AsStream());
        Server = Task.Run(() => StdioToolServer.RunAsync(
            options, _toServer.Reader.AsStream(), _output, NullLoggerFactory.Instance, _stop.Token));
    }

    /// <summary>Completes when the server has ended.</summary>
    public Task Server { get; }

    public static async Task<RawStdioClient> InitializedAsync(ToolServerOptions options, string version = "2025-11-25", string capabilities = "{}")
    {
        var client = new RawStdioClient(options);
        await client.SendAsync($$$$"""{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"{{{{version}}}}","capabilities":{{{{capabilities}}}},"clientInfo":{"name":"test","version":"1"}}}""");
        await client.ReadAsync();
        await client.SendAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        return client;
    }

    public Task SendAsync(string line) => _writer.WriteLineAsync(line).Soon();

    public Task CallAsync(int id, string tool, string arguments, string? meta = null) => SendAsync(
        $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}},"_meta":{{{meta ?? "{}"}}}}}""");

    public async Task<JsonNode> ReadAsync() => JsonNode.Parse((await _reader.ReadLineAsync().Soon())!)!;

    /// <summary>Sends a request and gives its result; what comes in between is kept out of the way.</summary>
    public async Task<JsonNode> RequestAsync(int id, string method, string parameters)
    {
        await SendAsync($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"{{{method}}}","params":{{{parameters}}}}""");
        var answer = (await ReadUntilAnswerAsync(id))[^1];
        return answer["result"] ?? answer["error"]!;
    }

    /// <summary>Reads up to the answer of a request, and gives all that came.</summary>
    public async Task<List<JsonNode>> ReadUntilAnswerAsync(int id)
    {
        var messages = new List<JsonNode>();
        do
        {
            messages.Add(await ReadAsync());
        }
        while (messages[^1]["id"] is not { } answered || answered.ToJsonString() != id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        return messages;
    }

    /// <summary>Closes the client's end of the server's input.</summary>
    public ValueTask CloseInputAsync() => _toServer.Writer.CompleteAsync();

    /// <summary>Closes the client's end of the server's output: as with a pipe, writing to it fails from then on.</summary>
    public void CloseOutput() => _output.Broken = true;

    /// <summary>Stops the server; what runs has been cancelled when this completes, and may not have ended.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Server.Soon();
        _stop.Dispose();
    }

    private sealed class BreakableStream(Stream inner) : MemoryStream
    {
        public volatile bool Broken;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Broken ? throw new IOException("Broken pipe") : inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
    }
}
