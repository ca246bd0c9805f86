using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Mcpc;

/// <summary>Conversations of the original implementation, played again with our client in the place of its own.</summary>
public sealed class RecordingTests
{
    private static readonly string[] OfMcpcClients = ["dialect-a-0.2.1", "dialect-b-0.2.4", "dialect-c-0.2.6"];
    private static readonly string[] OfPlainClients = ["standard-client-a-0.2.1", "standard-client-b-0.2.4", "standard-client-c-0.2.6"];

    public static TheoryData<string> Dialects => new(OfMcpcClients);

    public static TheoryData<string> PlainClients => new(OfPlainClients);

    public static TheoryData<string> All => new(OfMcpcClients.Concat(OfPlainClients));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_message_is_written_again_as_it_was_read(string name)
    {
        Recording recording = Recording.Read(name);

        Assert.NotEmpty(recording.Messages);
        foreach (string line in recording.AfterCall)
        {
            foreach (string text in Recording.TextsOf(FakeServer.Json(line)))
            {
                Assert.True(McpcMessage.TryParse(text, out McpcMessage message), text);

                // Python writes 20.0 where the number alone is 20; the tree keeps what it read.
                Assert.Equal(text, message.ToJson());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_job_sees_what_the_original_client_saw(string name)
    {
        Recording recording = Recording.Read(name);
        await using FakeServer server = await FakeServer.StartAsync();
        JsonObject? call = null;
        server.On("tools/call", request =>
        {
            if (Recording.NameOf(request) == Recording.NameOf(recording.Probe!))
            {
                return recording.ResultOf(line => Recording.NameOf(line) == Recording.NameOf(recording.Probe!));
            }

            if (Recording.NameOf(request) != Recording.NameOf(recording.Call))
            {
                // As FastMCP answers to the probe of a newer dialect.
                return FakeServer.Json("""{"content":[{"type":"text","text":"Unknown tool"}],"isError":true}""");
            }

            call = request;
            _ = PlayAsync(server, recording, request);
            return null;
        });
        var heard = new List<McpcMessage>();
        server.Connection.Mcpc.MessageReceived += heard.Add;

        var states = new List<BackgroundState>();
        BackgroundTask task = await new BackgroundTasks(null).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool("process_data"), new JsonObject { ["data_id"] = "d1" }), of => states.Add(of.State));
        ToolCallResult result = await task.Completion.WaitAsync(FakeServer.Generous);

        Assert.Equal(BackgroundKind.Mcpc, task.Kind);
        Assert.Equal(recording.Messages.Select(Content), heard.Select(Content));
        Assert.Equal(recording.Messages[^1].Result!.ToJsonString(), result.StructuredContent!.ToJsonString());
        Assert.Equal(
            recording.Messages.Where(message => message.Event == "update").Select(message => (string?)(message.Result as JsonObject)?["status"] ?? message.Result!.ToString()),
            states.Where(state => !state.IsTerminal).Select(state => state.StatusMessage));

        // The arguments carry the ids where the dialect has them, beside the tool's own.
        JsonObject sent = (JsonObject)call!["params"]!["arguments"]!;
        Assert.Equal(((JsonObject)recording.Call["params"]!["arguments"]!).Select(member => member.Key), sent.Select(member => member.Key));
    }

    [Theory]
    [MemberData(nameof(PlainClients))]
    public async Task A_plain_call_gets_its_answer_and_nothing_else(string name)
    {
        Recording recording = Recording.Read(name);
        await using FakeServer server = await FakeServer.StartAsync();
        server.On("tools/call", request =>
        {
            _ = PlayAsync(server, recording, request);
            return null;
        });
        server.Connection.Mcpc.MessageReceived += message => Assert.Fail($"A callback of nobody's task was taken: {message.ToJson()}");

        BackgroundTask task = await new BackgroundTasks(null).StartAsync(
            server.Connection, new BackgroundRequest(FakeServer.Tool("process_data"), new JsonObject { ["data_id"] = "d1" }) { Kind = BackgroundKind.Call });
        ToolCallResult result = await task.Completion.WaitAsync(FakeServer.Generous);

        JsonNode recorded = recording.ResultOf(line => Recording.NameOf(line) == "process_data");
        Assert.True(JsonNode.DeepEquals(recorded, result.Raw), result.Raw.ToJsonString());

        // The callbacks behind the answer were read too: nothing of them is left in the way.
        server.On("ping", _ => new JsonObject());
        await server.Connection.PingAsync(FakeServer.Generous);
    }

    private static string Content(McpcMessage message) => $"{message.Type} {message.Event} {message.ToolName} {message.Result?.ToJsonString()}";

    /// <summary>Plays the recorded lines behind the call, with the ids of this one.</summary>
    private static async Task PlayAsync(FakeServer server, Recording recording, JsonObject call)
    {
        (string Session, string Task) ids = IdsOf(call);
        (string Session, string Task) recorded = IdsOf(recording.Call);
        foreach (string line in recording.AfterCall)
        {
            JsonObject message = FakeServer.Json(line);
            if (JsonNode.DeepEquals(message["id"], recording.Call["id"]))
            {
                message["id"] = call["id"]!.DeepClone();
            }

            string text = message.ToJsonString();
            await server.SendAsync(recorded.Task.Length == 0 ? text : text.Replace(recorded.Session, ids.Session, StringComparison.Ordinal).Replace(recorded.Task, ids.Task, StringComparison.Ordinal));
        }
    }

    private static (string Session, string Task) IdsOf(JsonObject call)
    {
        JsonNode? arguments = call["params"]!["arguments"];
        return arguments?["_metadata"] is { } metadata ? ((string)metadata["mcpc_session_id"]!, (string)metadata["mcpc_task_id"]!)
            : arguments?["mcpc_params"] is { } parameters ? ((string)parameters["session_id"]!, (string)parameters["task_id"]!)
            : ("", "");
    }
}
