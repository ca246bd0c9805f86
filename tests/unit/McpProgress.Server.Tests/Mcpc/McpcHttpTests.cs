using System.Net;
using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Mcpc;

/// <summary>Over HTTP a callback goes out on the GET stream: on an open POST stream a client would take it as the end of its call.</summary>
public sealed class McpcHttpTests
{
    [Fact]
    public async Task Callbacks_wait_for_the_get_stream_and_keep_off_every_post()
    {
        await using var http = await RawHttp.StartAsync(TestServers.Samples());
        var session = await http.InitializeAsync();
        Assert.Equal("created", McpcCallTests.Message(Assert.Single(await CallAsync(http, session, 1, "analyze_data", """{"data_id":"d","mcpc_params":{"session_id":"s","task_id":"t"}}""")))["event"]!.GetValue<string>());

        // The task is over by the time this call is: nothing of it may be here.
        Assert.Single(await CallAsync(http, session, 2, "process_items", """{"items":["a"]}"""));

        using var request = RawHttp.Request(HttpMethod.Get, session);
        using var stream = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var messages = new List<JsonNode>();
        while (messages.Count < 6)
        {
            var line = await reader.ReadLineAsync().Soon();
            if (line!.StartsWith("data: ", StringComparison.Ordinal))
            {
                var message = JsonNode.Parse(line["data: ".Length..])!;
                Assert.Equal("MCPC_CALLBACK", message["id"]!.GetValue<string>());
                messages.Add(McpcCallTests.Message(message));
            }
        }

        Assert.Equal(["update", "update", "update", "update", "update", "complete"], messages.Select(message => message["event"]!.GetValue<string>()));
        Assert.Equal(Enumerable.Range(1, 6), messages.Select(message => message["seq"]!.GetValue<int>()));
    }

    [Fact]
    public async Task The_end_of_the_session_cancels_its_tasks()
    {
        var probe = new ProbeTool();
        await using var http = await RawHttp.StartAsync(TestServers.Samples(0, probe.Tool));
        var session = await http.InitializeAsync();
        await CallAsync(http, session, 1, "probe", """{"_metadata":{"mcpc_task_id":"t"}}""");
        await probe.Started.Soon();
        using var delete = RawHttp.Request(HttpMethod.Delete, session);
        using var deleted = await http.SendAsync(delete);
        await probe.Cancelled.Soon();
    }

    [Fact]
    public async Task A_request_of_2026_07_28_has_no_stream_for_callbacks_and_is_a_plain_call()
    {
        await using var http = await RawHttp.StartAsync(TestServers.Samples());
        using var probe = RawHttp.ModernCall("_mcpc_init");
        using var none = await http.SendAsync(probe);
        Assert.Equal(-32602, (await RawHttp.EventsAsync(none))[^1]["error"]!["code"]!.GetValue<int>());

        using var call = RawHttp.ModernCall("echo", """{"text":"x","mcpc_params":{"session_id":"s","task_id":"t"}}""");
        using var answer = await http.SendAsync(call);
        Assert.Equal("x", (await RawHttp.EventsAsync(answer))[^1]["result"]!["content"]![0]!["text"]!.GetValue<string>());
    }

    private static async Task<List<JsonNode>> CallAsync(RawHttp http, string session, int id, string tool, string arguments)
    {
        using var request = RawHttp.Post($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}} }}""", session);
        using var response = await http.SendAsync(request);
        return await RawHttp.EventsAsync(response);
    }
}
