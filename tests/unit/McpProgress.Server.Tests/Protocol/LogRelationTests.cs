using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Mcpc;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Protocol;

/// <summary>Many calls share one stream: a log message says which of them it belongs to.</summary>
public sealed class LogRelationTests
{
    private static readonly ServerTool Logging = McpcCallTests.Answering("log", async (_, context) =>
    {
        await context.LogInfoAsync("said");
        return ToolResult.FromText("done");
    });

    [Theory]
    [InlineData("\"p\"")]
    [InlineData("7")]
    public async Task Of_a_plain_call_it_carries_the_token(string token)
    {
        await using var client = await LoggingClientAsync();
        await client.CallAsync(1, "log", "{}", $$"""{"progressToken":{{token}}}""");
        Assert.Equal($$"""{"mcpprogress/progressToken":{{token}}}""", MetaOfLog(await client.ReadUntilAnswerAsync(1))!.ToJsonString());
    }

    [Fact]
    public async Task Without_a_token_there_is_nothing_to_carry()
    {
        await using var client = await LoggingClientAsync();
        await client.CallAsync(1, "log", "{}");
        Assert.Null(MetaOfLog(await client.ReadUntilAnswerAsync(1)));
    }

    [Fact]
    public async Task Of_an_mcpc_task_it_carries_the_token_and_the_task()
    {
        await using var client = await LoggingClientAsync();
        await client.CallAsync(1, "log", """{"mcpc_params":{"session_id":"s","task_id":"t"}}""", """{"progressToken":3}""");
        var created = await client.ReadUntilAnswerAsync(1);
        Assert.Equal(
            """{"io.modelcontextprotocol/related-task":{"taskId":"t"},"mcpprogress/progressToken":3}""",
            MetaOfLog([.. created, await client.ReadAsync(), await client.ReadAsync()])!.ToJsonString());
    }

    [Fact]
    public async Task Of_a_task_it_carries_the_token_and_the_task()
    {
        await using var client = await LoggingClientAsync();
        await client.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"log","arguments":{},"task":{},"_meta":{"progressToken":3}}}""");
        var created = await client.ReadUntilAnswerAsync(1);
        var id = created[^1]["result"]!["task"]!["taskId"]!.GetValue<string>();

        // The log message, and the end of the task.
        Assert.Equal(
            $$$"""{"io.modelcontextprotocol/related-task":{"taskId":"{{{id}}}"},"mcpprogress/progressToken":3}""",
            MetaOfLog([.. created, await client.ReadAsync(), await client.ReadAsync()])!.ToJsonString());
    }

    private static async Task<RawStdioClient> LoggingClientAsync()
    {
        var client = await RawStdioClient.InitializedAsync(TestServers.Samples(0, Logging));
        await client.RequestAsync(99, "logging/setLevel", """{"level":"info"}""");
        return client;
    }

    private static JsonNode? MetaOfLog(IEnumerable<JsonNode> lines) =>
        lines.Single(line => line["method"]?.GetValue<string>() == "notifications/message")["params"]!["_meta"];
}
