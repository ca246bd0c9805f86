using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tests.Tasks;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Mcpc;

/// <summary>The recordings of the original, replayed against this server: its clients must get from us what they got from it.</summary>
public sealed class VectorTests
{
    private static readonly string[] Ours = ["cancel", "update", "seq"];

    [Theory]
    [InlineData("dialect-a-0.2.1.log")]
    [InlineData("dialect-b-0.2.4.log")]
    [InlineData("dialect-c-0.2.6.log")]
    public async Task An_mcpc_client_of_the_original_gets_what_the_original_sent(string file)
    {
        var recorded = Read(file);
        var sent = await ReplayAsync(recorded, Served(file));
        Assert.Equal(recorded.FromServer.Count, sent.Count);

        // Everything up to the call: the handshake and the probe.
        Assert.Equal(recorded.FromServer[0]["result"]!["protocolVersion"]!.ToJsonString(), sent[0]["result"]!["protocolVersion"]!.ToJsonString());
        var probe = Assert.IsType<JsonObject>(JsonNode.Parse(Text(sent[1])));
        Assert.Equal(Ours, probe["mcpc_extensions"]!.AsArray().Select(extension => extension!.GetValue<string>()));
        probe.Remove("mcpc_extensions");
        Assert.Equal(Text(recorded.FromServer[1]), probe.ToJsonString());

        // The original lets updates overtake created; here it is the first, and is otherwise the same.
        var expected = recorded.FromServer.Skip(2).OrderBy(line => Id(line) == "\"MCPC_CALLBACK\"").ToArray();
        for (var i = 0; i < expected.Length; i++)
        {
            var actual = sent[i + 2];
            Assert.Equal(Id(expected[i]), Id(actual));
            Assert.False(actual["result"]!["isError"]!.GetValue<bool>());
            var message = JsonNode.Parse(Text(actual))!.AsObject();
            Assert.Equal(i, message["seq"]!.GetValue<int>());
            message.Remove("seq");
            var original = JsonNode.Parse(Text(expected[i]))!.AsObject();
            if (original["event"]!.GetValue<string>() == "created")
            {
                // The original leaves this text to the tool's author.
                Assert.StartsWith("Started process", message["result"]!.GetValue<string>(), StringComparison.Ordinal);
                message["result"] = original["result"]!.DeepClone();
            }

            Assert.True(JsonNode.DeepEquals(original, message), $"{original.ToJsonString()}\n{message.ToJsonString()}");
            Assert.Equal(original.Select(member => member.Key), message.Select(member => member.Key));
        }
    }

    /// <remarks>
    /// The dialects answer a client without ids in three ways: 0.2.1 by <c>created</c> and stray callbacks, 0.2.4 by
    /// <c>complete</c>, 0.2.6 by all messages. What the later two agree on is served: one answer when the tool is done, whose
    /// last block is <c>complete</c>; before it the updates, as the newest has them. Never a response nobody asked for.
    /// </remarks>
    [Theory]
    [InlineData("standard-client-a-0.2.1.log", 0)]
    [InlineData("standard-client-b-0.2.4.log", 1)]
    [InlineData("standard-client-c-0.2.6.log", 2)]
    public async Task A_standard_client_gets_the_same_tools_and_the_messages_in_one_answer(string file, int sameFromEnd)
    {
        var recorded = Read(file);
        var sent = await ReplayAsync(recorded, Served(file));
        Assert.Equal(3, sent.Count);
        var tool = Assert.Single(sent[1]["result"]!["tools"]!.AsArray())!;
        var original = Assert.Single(recorded.FromServer[1]["result"]!["tools"]!.AsArray())!;
        Assert.Equal(original["name"]!.GetValue<string>(), tool["name"]!.GetValue<string>());
        Assert.Equal(original["inputSchema"]!["required"]!.ToJsonString(), tool["inputSchema"]!["required"]!.ToJsonString());
        Assert.Equal(
            original["inputSchema"]!["properties"]!.AsObject().Select(property => property.Key),
            tool["inputSchema"]!["properties"]!.AsObject().Select(property => property.Key));

        Assert.Equal("2", Id(sent[2]));
        Assert.False(sent[2]["result"]!["isError"]!.GetValue<bool>());
        var answered = Messages(sent[2]);
        var task = Assert.Single(answered.Select(message => message["task_id"]!.GetValue<string>()).Distinct());
        Assert.True(Guid.TryParse(task, out _), task);
        Assert.Equal(Enumerable.Range(0, answered.Length), answered.Select(message => message["seq"]!.GetValue<int>()));

        // As many as the original has in its answer, from the end; what comes before is what it left out.
        Assert.Equal(["update", "complete"], answered.Select(message => message["event"]!.GetValue<string>()));
        var answer = recorded.FromServer.Single(line => Id(line) == "2");
        foreach (var (theirs, ours) in Messages(answer).TakeLast(sameFromEnd).Zip(answered.TakeLast(sameFromEnd)))
        {
            AssertSame(theirs, ours);
        }

        // Where the original ends by a stray callback, what that said.
        AssertSame(recorded.FromServer.Skip(2).SelectMany(Messages).Single(message => message["event"]!.GetValue<string>() == "complete"), answered[^1]);
        Assert.True(JsonNode.DeepEquals(answered[^1]["result"], sent[2]["result"]!["structuredContent"]));
    }

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task A_plain_call_gets_its_intermediate_results_in_both_eras_and_a_failure_is_an_error(string revision)
    {
        var failing = McpcCallTests.Answering("tool", async (_, context) =>
        {
            await context.SendUpdateAsync("half");
            return ToolResult.FromError("Broken.");
        });
        await using var client = await CoreClient.OverHttpAsync(TestServers.Samples(0, failing), revision);
        var result = await (await client.StartAsync("tool", "{}", BackgroundKind.Call)).Completion.Soon();
        Assert.True(result.IsError);
        Assert.Equal(
            [("update", "half"), ("failed", "Broken.")],
            result.Content.Select(block => JsonNode.Parse(block["text"]!.GetValue<string>())!).Select(message => (message["event"]!.GetValue<string>(), message["result"]!.GetValue<string>())));
    }

    private static void AssertSame(JsonNode original, JsonNode ours)
    {
        Assert.Equal("default", original["session_id"]!.GetValue<string>());
        var copy = ours.DeepClone().AsObject();
        copy.Remove("seq");
        copy["task_id"] = original["task_id"]!.DeepClone();
        Assert.True(JsonNode.DeepEquals(original, copy), $"{original.ToJsonString()}\n{ours.ToJsonString()}");
        Assert.Equal(original.AsObject().Select(member => member.Key), copy.Select(member => member.Key));
    }

    private static JsonNode[] Messages(JsonNode line) => [.. line["result"]!["content"]!.AsArray().Select(block => JsonNode.Parse(block!["text"]!.GetValue<string>())!)];

    private static ToolServerOptions Served(string file) =>
        file.Contains("0.2.6", StringComparison.Ordinal) ? RecordedTool.OneStep : RecordedTool.FiveSteps;

    // As the recorded client did: the next line once the answer to the last one is there, then on to the end of the task.
    private static async Task<List<JsonNode>> ReplayAsync(Recording recorded, ToolServerOptions options)
    {
        await using var client = new RawStdioClient(options);
        var sent = new List<JsonNode>();
        foreach (var line in recorded.FromClient)
        {
            await client.SendAsync(line.ToJsonString());
            while (line["id"] is not null && !sent.Any(answer => Id(answer) == Id(line)))
            {
                sent.Add(await client.ReadAsync());
            }
        }

        var isMcpc = recorded.FromClient[^1]["params"]!["arguments"]!.AsObject().Count > 1;
        while (isMcpc && JsonNode.Parse(Text(sent[^1]))!["event"]!.GetValue<string>() != "complete")
        {
            sent.Add(await client.ReadAsync());
        }

        // Behind this answer there is nothing left to come.
        await client.SendAsync("""{"jsonrpc":"2.0","id":"last","method":"ping"}""");
        Assert.Equal("\"last\"", Id(await client.ReadAsync()));
        return sent;
    }

    private static string Id(JsonNode message) => message["id"]!.ToJsonString();

    private static string Text(JsonNode message) => message["result"]!["content"]![0]!["text"]!.GetValue<string>();

    private static Recording Read(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "vectors", "mcpc", file));
        List<JsonNode> From(string side) => [.. lines.Where(line => line.StartsWith(side, StringComparison.Ordinal)).Select(line => JsonNode.Parse(line[side.Length..])!)];
        return new Recording(From("C>S "), From("S>C "));
    }

    private sealed record Recording(List<JsonNode> FromClient, List<JsonNode> FromServer);
}
