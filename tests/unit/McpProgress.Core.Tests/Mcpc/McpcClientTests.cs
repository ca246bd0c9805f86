using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Mcpc;

public sealed class McpcClientTests
{
    [Fact]
    public async Task The_dialects_are_tried_newest_first_and_the_answer_is_remembered()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        var probes = new List<string?>();
        server.On("tools/call", request =>
        {
            probes.Add(Recording.NameOf(request));
            return Recording.NameOf(request) == "is_mcpc_enabled"
                ? Text("""{"mcpc_enabled":true,"mcpc_version":"0.2.1","mcpc_provider":"p","mcpc_extensions":["seq"]}""")
                : FakeServer.Error(-32602, "Unknown tool");
        });

        McpcSupport? support = await server.Connection.Mcpc.GetSupportAsync();
        McpcSupport? again = await server.Connection.Mcpc.GetSupportAsync();

        Assert.Equal(["_mcpc_init", "_is_mcpc_enabled", "is_mcpc_enabled"], probes);
        Assert.Same(McpcDialect.A, support!.Dialect);
        Assert.Equal(["seq"], support.Extensions);
        Assert.Same(support, again);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("""{"mcpc_enabled":false}""")]
    [InlineData("""{"mcpc_enabled":"true"}""")]
    [InlineData("[]")]
    public async Task Any_other_answer_means_no_MCPC(string answer)
    {
        await using FakeServer server = await FakeServer.StartAsync();
        server.On("tools/call", _ => Text(answer));

        Assert.Null(await server.Connection.Mcpc.GetSupportAsync());
    }

    [Fact]
    public async Task Who_gives_up_on_the_probe_does_not_end_it_for_others()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        Task<McpcSupport?> first = server.Connection.Mcpc.GetSupportAsync(cancellation.Token);
        Task<McpcSupport?> second = server.Connection.Mcpc.GetSupportAsync();
        JsonObject probe = await server.NextAsync("tools/call");

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await server.ReplyAsync(probe, Text("""{"mcpc_enabled":true}"""));

        Assert.Same(McpcDialect.C, (await second.WaitAsync(FakeServer.Generous))!.Dialect);
    }

    [Fact]
    public async Task Every_listener_gets_every_message_once_and_in_order()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        McpcClient client = server.Connection.Mcpc;
        List<string>[] heard = [[], [], []];
        foreach (List<string> listener in heard)
        {
            client.MessageReceived += message => listener.Add($"{message.TaskId} {message.Event} {message.Result}");
        }

        client.Listen("t1", _ => { });
        client.Listen("t2", _ => { });
        var sent = new List<string>();
        for (int i = 0; i < 100; i++)
        {
            string task = i % 3 == 0 ? "t1" : "t2";
            sent.Add($"{task} update {i}");
            await server.SendAsync(Callback(McpcMessage.Create("update", "work", client.SessionId, task, i)));
        }

        await server.SendAsync(Callback(McpcMessage.CreateServerEvent("over", "any session", "x")));
        sent.Add(" over x");
        await PingAsync(server);

        Assert.All(heard, listener => Assert.Equal(sent, listener));
    }

    [Fact]
    public async Task Callbacks_of_other_sessions_and_other_tasks_are_nobodys()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        McpcClient client = server.Connection.Mcpc;
        var heard = new List<McpcMessage>();
        client.MessageReceived += heard.Add;
        client.Listen("t1", heard.Add);

        await server.SendAsync(Callback(McpcMessage.Create("update", "work", "other session", "t1")));
        await server.SendAsync(Callback(McpcMessage.Create("update", "work", client.SessionId, "other task")));
        await server.SendAsync("""{"jsonrpc":"2.0","id":"MCPC_CALLBACK","result":{"content":[{"type":"text","text":"no message"},{"type":"image"},5],"isError":false}}""");
        await server.SendAsync("""{"jsonrpc":"2.0","id":"MCPC_CALLBACK","result":[]}""");
        await PingAsync(server);

        Assert.Empty(heard);
    }

    internal static JsonObject Text(string text) => new() { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }), ["isError"] = false };

    internal static string Callback(McpcMessage message) =>
        new JsonObject { ["jsonrpc"] = "2.0", ["id"] = McpcMessage.CallbackId, ["result"] = Text(message.ToJson()) }.ToJsonString();

    /// <summary>Returns when all that was sent before has been read.</summary>
    internal static async Task PingAsync(FakeServer server)
    {
        server.On("ping", _ => new JsonObject());
        await server.Connection.PingAsync(FakeServer.Generous);
    }
}
