using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>
/// A server at the other end of two streams, whose answers a test gives: beforehand with <see cref="On"/>, or one by one
/// as the requests come out of <see cref="NextAsync"/>.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentDictionary<string, Func<JsonObject, JsonNode?>> _answers = new();
    private readonly Channel<JsonObject> _messages = Channel.CreateUnbounded<JsonObject>();

    private FakeServer()
    {
    }

    public ServerConnection Connection { get; private set; } = null!;

    /// <summary>Every message that was answered or handed out, in order.</summary>
    public ConcurrentQueue<JsonObject> Seen { get; } = new();

    /// <summary>Connects a client of revision 2025-11-25.</summary>
    public static Task<FakeServer> StartAsync(string capabilities = "{}", string name = "fake", TimeProvider? time = null, EventHub? events = null) => StartAsync(
        name,
        new ConnectionOptions { Time = time ?? TimeProvider.System, Events = events },
        server => server.On("initialize", _ => Json($$$"""{"protocolVersion":"2025-11-25","capabilities":{{{capabilities}}},"serverInfo":{"name":"fake","version":"1"}}""")));

    /// <summary>Connects a client of revision 2026-07-28.</summary>
    public static Task<FakeServer> StartStatelessAsync(string capabilities = """{"extensions":{"io.modelcontextprotocol/tasks":{}}}""", string name = "fake", TimeProvider? time = null) => StartAsync(
        name,
        new ConnectionOptions { Time = time ?? TimeProvider.System },
        server => server.On("server/discover", _ => Json($$$"""{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{{{capabilities}}},"ttlMs":0,"cacheScope":"private"}""")));

    public static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    public static ToolDescriptor Tool(string name = "work", string? taskSupport = null) => ToolDescriptor.Read(Json(
        $$$"""{"name":"{{{name}}}","inputSchema":{"type":"object"},"execution":{"taskSupport":"{{{taskSupport ?? "forbidden"}}}"}}"""))!;

    /// <summary>Answers every request of a method; an answer that is null leaves it without one.</summary>
    public FakeServer On(string method, Func<JsonObject, JsonNode?> answer)
    {
        _answers[method] = answer;
        return this;
    }

    /// <summary>The next message that no answer was laid down for.</summary>
    /// <param name="method">Others before it are skipped.</param>
    public async Task<JsonObject> NextAsync(string method)
    {
        while (true)
        {
            JsonObject message = await _messages.Reader.ReadAsync().AsTask().WaitAsync(Generous);
            if ((string?)message["method"] == method)
            {
                return message;
            }
        }
    }

    /// <summary>The answer of the client to a request of the server.</summary>
    public async Task<JsonObject> NextAnswerAsync(string id)
    {
        while (true)
        {
            JsonObject message = await _messages.Reader.ReadAsync().AsTask().WaitAsync(Generous);
            if (message["method"] is null && message["id"]?.ToString() == id)
            {
                return message;
            }
        }
    }

    public Task ReplyAsync(JsonObject request, JsonNode result) =>
        SendAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request["id"]?.DeepClone(), ["result"] = result }.ToJsonString());

    public Task RefuseAsync(JsonObject request, int code, string message) =>
        SendAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request["id"]?.DeepClone(), ["error"] = Error(code, message) }.ToJsonString());

    public Task NotifyAsync(string method, JsonNode parameters) =>
        SendAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = parameters }.ToJsonString());

    /// <summary>An answer for <see cref="On"/> that is an error.</summary>
    public static JsonObject Error(int code, string message) => new() { ["code"] = code, ["message"] = message };

    /// <summary>Sends a line as it is.</summary>
    public async Task SendAsync(string line)
    {
        await _writing.WaitAsync();
        try
        {
            await _toClient.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Breaks the connection off, and returns when the client knows.</summary>
    public async Task BreakAsync()
    {
        await _toClient.Writer.CompleteAsync();
        await Connection.Ended.WaitAsync(Generous);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await _toClient.Writer.CompleteAsync();
        await _toServer.Reader.CompleteAsync();
        _writing.Dispose();
    }

    private static async Task<FakeServer> StartAsync(string name, ConnectionOptions options, Func<FakeServer, FakeServer> greet)
    {
        FakeServer server = greet(new FakeServer().On("server/discover", _ => Error(-32601, "Method not found")));
        _ = server.ServeAsync();
        var endpoint = new StreamEndpoint(server._toClient.Reader.AsStream(), server._toServer.Writer.AsStream());
        server.Connection = await ServerConnection.ConnectAsync(name, endpoint, options).WaitAsync(Generous);
        return server;
    }

    private async Task ServeAsync()
    {
        using var lines = new StreamReader(_toServer.Reader.AsStream());
        while (await lines.ReadLineAsync() is { } line)
        {
            JsonObject message = Json(line);
            Seen.Enqueue((JsonObject)message.DeepClone());
            if (message["method"] is { } method && _answers.TryGetValue(method.ToString(), out Func<JsonObject, JsonNode?>? answer))
            {
                switch (answer(message))
                {
                    case JsonObject error when error["code"] is { } code:
                        await RefuseAsync(message, (int)code, error["message"]!.ToString());
                        break;
                    case { } result:
                        await ReplyAsync(message, result);
                        break;
                }
            }
            else
            {
                await _messages.Writer.WriteAsync(message);
            }
        }
    }
}
