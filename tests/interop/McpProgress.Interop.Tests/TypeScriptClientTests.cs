using System.Text.Json.Nodes;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>The TypeScript SDK's clients, of both generations, and our server.</summary>
public sealed class TypeScriptClientTests(OurServer server) : IClassFixture<OurServer>
{
    /// <summary>The ways to our server.</summary>
    public enum Way
    {
        /// <summary>The client starts it.</summary>
        Stdio,

        /// <summary>The client is given its address.</summary>
        Http,
    }

    [NodeTheory]
    [InlineData(Way.Stdio, false)]
    [InlineData(Way.Stdio, true)]
    [InlineData(Way.Http, false)]
    [InlineData(Way.Http, true)]
    public async Task Sees_the_progress_of_a_sample_tool(Way way, bool modern)
    {
        Conversation conversation = await CallAsync(way, modern, "process_items", """{"items":["a","b","c"]}""");

        conversation.AssertSeen((1, 3, "processing a"), (2, 3, "processing b"), (3, 3, "processing c"), (3, 3, "done"));
        Assert.Equal("""{"processed":3,"results":["A","B","C"]}""", conversation.Result!["structuredContent"]!.ToJsonString());
    }

    [NodeTheory]
    [InlineData(Way.Stdio, false)]
    [InlineData(Way.Stdio, true)]
    [InlineData(Way.Http, false)]
    [InlineData(Way.Http, true)]
    public async Task Gets_the_result_and_no_progress_when_it_asks_for_none(Way way, bool modern)
    {
        Conversation conversation = await CallAsync(way, modern, "process_items", """{"items":["a"]}""", "--no-progress");

        Assert.Empty(conversation.Progress);
        Assert.Equal(0, conversation.Unmatched);
        Assert.Equal("""{"processed":1,"results":["A"]}""", conversation.Result!["structuredContent"]!.ToJsonString());
    }

    [NodeTheory]
    [InlineData(Way.Stdio, false)]
    [InlineData(Way.Stdio, true)]
    [InlineData(Way.Http, false)]
    [InlineData(Way.Http, true)]
    public async Task Cancels_a_tool_that_would_never_end(Way way, bool modern)
    {
        const string Noted = "The tool run_forever was cancelled";

        Conversation conversation = await CallAsync(way, modern, "run_forever", "{}", "--cancel-after", "3");

        Assert.Equal(3, conversation.Cancelled);
        if (way == Way.Http)
        {
            await server.LineWithAsync(Noted);
        }
        else
        {
            Assert.Contains(conversation.Lines, line => line.Contains(Noted, StringComparison.Ordinal));
        }
    }

    [NodeTheory]
    [InlineData(Way.Stdio, false)]
    [InlineData(Way.Stdio, true)]
    [InlineData(Way.Http, false)]
    [InlineData(Way.Http, true)]
    public async Task Sees_progress_stop_half_way_and_the_tools_own_error(Way way, bool modern)
    {
        Conversation conversation = await CallAsync(way, modern, "fail_halfway", """{"steps":4}""");

        conversation.AssertSeen((1, 4, "Working on step 1 of 4"), (2, 4, "Working on step 2 of 4"));
        Assert.True((bool)conversation.Result!["isError"]!);
        Assert.Contains("Failed at step 2 of 4", conversation.Result["content"]![0]!["text"]!.ToString(), StringComparison.Ordinal);
    }

    private async Task<Conversation> CallAsync(Way way, bool modern, string tool, string arguments, params string[] options)
    {
        string[] target = way == Way.Http ? [server.Url.AbsoluteUri] : OurServer.StdioCommand;
        string[] era = modern ? ["--modern"] : [];
        PeerProcess.Outcome outcome = await PeerProcess.RunAsync(
            Node.Path,
            [Layout.Script("ts-client.mjs"), "--tool", tool, "--arguments", arguments, .. era, .. options, "--", .. target]);
        return new Conversation(outcome.EnsureSuccess());
    }

    /// <summary>What the client printed.</summary>
    private sealed class Conversation(PeerProcess.Outcome outcome)
    {
        private readonly JsonNode[] _printed = [.. outcome.Output.Select(line => JsonNode.Parse(line)!)];

        public IReadOnlyList<string> Lines => outcome.Lines;

        public IReadOnlyList<JsonNode> Progress => [.. _printed.Select(line => line["progress"]).OfType<JsonNode>()];

        public JsonNode? Result => Single("result");

        public int? Cancelled => (int?)Single("cancelled");

        public int Unmatched => (int)Single("unmatched")!;

        /// <summary>Fails unless the updates that were sent were seen.</summary>
        /// <remarks>
        /// The last update and the result come together, and of what arrives in one piece this SDK hands over the result alone:
        /// it counts the updates as ones without a call. What it hands over must be all that was sent before.
        /// </remarks>
        public void AssertSeen(params (int Progress, int Total, string Message)[] sent)
        {
            (int, int, string)[] seen = [.. Progress.Select(update => ((int)update["progress"]!, (int)update["total"]!, (string)update["message"]!))];
            Assert.NotEmpty(seen);
            Assert.Equal(sent.Length, seen.Length + Unmatched);
            Assert.Equal(sent[..seen.Length], seen);
        }

        private JsonNode? Single(string name) => _printed.Select(line => line[name]).SingleOrDefault(value => value is not null);
    }
}
