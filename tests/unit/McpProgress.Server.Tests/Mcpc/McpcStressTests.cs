using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Mcpc;

/// <summary>What breaks the original: 8 threads, messages of 100 KB, calls in between. There 112 of 800 callbacks and 163 of 201 answers arrived whole.</summary>
public sealed class McpcStressTests
{
    [Fact]
    public async Task Eight_hundred_callbacks_and_two_hundred_and_one_answers_arrive_whole_and_in_order()
    {
        const int Threads = 8, Each = 100, Calls = 192;
        var big = new string('x', 100 * 1024);
        var tool = McpcCallTests.Answering("storm", async (_, context) =>
        {
            for (var i = 0; i < Each - 1; i++)
            {
                await context.SendUpdateAsync(new JsonObject { ["n"] = i, ["text"] = big });
            }

            return ToolResult.FromText(big);
        });
        await using var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, tool));
        var sending = Task.Run(async () =>
        {
            for (var thread = 0; thread < Threads; thread++)
            {
                await client.CallAsync(thread, "storm", $$$"""{"mcpc_params":{"session_id":"s","task_id":"t{{{thread}}}"}}""");
            }

            for (var call = 0; call < Calls; call++)
            {
                await client.CallAsync(1000 + call, "echo", $$"""{"text":"{{call}}"}""");
            }

            await client.SendAsync("""{"jsonrpc":"2.0","id":9999,"method":"ping"}""");
        });

        // One line that is not whole JSON, and reading it throws.
        var callbacks = new Dictionary<string, List<JsonNode>>();
        var answers = new HashSet<string>();
        for (var line = 0; line < (Threads * Each) + Threads + Calls + 1; line++)
        {
            var message = await client.ReadAsync();
            if (message["id"]!.ToJsonString() == "\"MCPC_CALLBACK\"")
            {
                var callback = McpcCallTests.Message(message);
                var task = callback["task_id"]!.GetValue<string>();
                callbacks.TryAdd(task, []);
                callbacks[task].Add(callback);
            }
            else
            {
                Assert.True(answers.Add(message["id"]!.ToJsonString()));
            }
        }

        await sending.Soon();
        Assert.Equal(Threads + Calls + 1, answers.Count);
        Assert.Equal(Threads, callbacks.Count);
        Assert.All(callbacks.Values, ofTask =>
        {
            Assert.Equal(Enumerable.Range(1, Each), ofTask.Select(message => message["seq"]!.GetValue<int>()));
            Assert.Equal(Enumerable.Range(0, Each - 1), ofTask.SkipLast(1).Select(message => message["result"]!["n"]!.GetValue<int>()));
            Assert.All(ofTask.SkipLast(1), message => Assert.Equal(big.Length, message["result"]!["text"]!.GetValue<string>().Length));
            Assert.Equal("complete", ofTask[^1]["event"]!.GetValue<string>());
        });
    }
}
