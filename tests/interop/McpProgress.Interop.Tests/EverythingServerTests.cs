using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>Our client and the reference server, over whatever transport.</summary>
public abstract class EverythingServerTests(EverythingServer server)
{
    private const string LongRunning = "trigger-long-running-operation";

    private static readonly byte[] s_pngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    [NodeFact]
    public void Agrees_on_the_revision_of_the_initialize_handshake()
    {
        Assert.Equal("2025-11-25", server.Connection.ProtocolVersion);
        Assert.Equal(ConnectionStatus.Connected, server.Connection.Status);
        Assert.NotNull(server.Connection.ServerName);
    }

    [NodeFact]
    public async Task Lists_the_tools_with_their_schemas()
    {
        IReadOnlyList<ToolDescriptor> tools = await server.Connection.GetToolsAsync();

        ToolDescriptor echo = Assert.Single(tools, tool => tool.Name == "echo");
        Assert.Equal("object", echo.InputSchema.GetProperty("type").GetString());
        ToolDescriptor structured = Assert.Single(tools, tool => tool.Name == "get-structured-content");
        Assert.Equal("number", structured.OutputSchema!.Value.GetProperty("properties").GetProperty("temperature").GetProperty("type").GetString());
        Assert.Contains(tools, tool => tool.Name == LongRunning);
    }

    [NodeFact]
    public async Task Echoes_text_of_any_script()
    {
        ToolCallResult result = await server.Connection.CallAsync("echo", new { message = "Grüße, 世界 🌍" });

        Assert.Equal("Echo: Grüße, 世界 🌍", result.Text);
        Assert.False(result.IsError);
    }

    [NodeFact]
    public async Task A_long_running_operation_reports_every_step_in_order_and_before_its_result()
    {
        var recorder = new ProgressRecorder();

        ToolCallResult result = await server.Connection.CallAsync(LongRunning, new { duration = 0.5, steps = 5 }, recorder);

        Assert.Equal([1, 2, 3, 4, 5], recorder.Updates.Select(update => update.Progress));
        Assert.Equal([20, 40, 60, 80, 100], recorder.Updates.Select(update => update.PercentComplete));
        Assert.All(recorder.Updates, update => Assert.Equal(5, update.Total));
        Assert.Equal(5, result.ProgressCount);
        Assert.Equal("Long running operation completed. Duration: 0.5 seconds, Steps: 5.", result.Text);
    }

    [NodeFact]
    public async Task Calls_in_flight_together_each_see_their_own_progress()
    {
        ProgressRecorder[] recorders = [.. Enumerable.Range(0, 8).Select(_ => new ProgressRecorder())];

        await Task.WhenAll(recorders.Select((recorder, i) =>
            server.Connection.CallAsync(LongRunning, new { duration = 0.3, steps = i + 1 }, recorder)));

        Assert.All(recorders.Select((recorder, i) => (recorder, steps: i + 1)), call =>
        {
            Assert.Equal(Enumerable.Range(1, call.steps), call.recorder.Updates.Select(update => (int)update.Progress));
            Assert.All(call.recorder.Updates, update => Assert.Equal(call.steps, update.Total));
        });
    }

    [NodeFact]
    public async Task A_cancelled_call_ends_at_once_and_leaves_the_connection_whole()
    {
        await using ServerConnection connection = await server.ConnectAsync();
        using var cancellation = new CancellationTokenSource();
        var recorder = new ProgressRecorder(awaited: 1);
        Task<ToolCallResult> call = connection.CallAsync(LongRunning, new { duration = 60, steps = 600 }, recorder, cancellationToken: cancellation.Token);
        await recorder.Reached;

        await cancellation.CancelAsync();

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => call).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ErrorIds.Cancelled, failure.ErrorId);
        int seen = recorder.Updates.Count;

        // The reference server goes on reporting after a cancellation; a second call must not notice.
        var second = new ProgressRecorder();
        await connection.CallAsync(LongRunning, new { duration = 0.5, steps = 5 }, second);
        Assert.Equal([1, 2, 3, 4, 5], second.Updates.Select(update => update.Progress));
        Assert.Equal(seen, recorder.Updates.Count);
        Assert.Equal(0, connection.Statistics.ProgressInvalid);
    }

    [NodeFact]
    public async Task Returns_an_image_as_it_is()
    {
        ToolCallResult result = await server.Connection.CallAsync("get-tiny-image");

        JsonObject image = Assert.Single(result.Content, block => (string?)block["type"] == "image");
        Assert.Equal("image/png", (string?)image["mimeType"]);
        Assert.Equal(s_pngSignature, Convert.FromBase64String((string)image["data"]!).Take(4));
    }

    [NodeFact]
    public async Task Returns_resource_links()
    {
        ToolCallResult result = await server.Connection.CallAsync("get-resource-links", new { count = 3 });

        Assert.Equal(
            ["demo://resource/dynamic/blob/1", "demo://resource/dynamic/text/2", "demo://resource/dynamic/blob/3"],
            result.Content.Where(block => (string?)block["type"] == "resource_link").Select(block => (string?)block["uri"]));
    }

    [NodeFact]
    public async Task Returns_structured_content()
    {
        ToolCallResult result = await server.Connection.CallAsync("get-structured-content", new { location = "New York" });

        Assert.Equal("Cloudy", (string?)result.StructuredContent!["conditions"]);
        Assert.Equal(33, (int)result.StructuredContent["temperature"]!);
    }

    [NodeFact]
    public async Task A_question_gets_its_answer_with_the_defaults_filled_in()
    {
        ToolCallResult result = await server.Connection.CallAsync(
            "trigger-elicitation-request", responder: Responders.Accepting(("name", "Ada"), ("integer", 7)));

        Assert.Contains("User provided the requested information!", result.Text, StringComparison.Ordinal);
        Assert.Contains("- Name: Ada", result.Text, StringComparison.Ordinal);
        Assert.Contains("\"integer\": 7", result.Text, StringComparison.Ordinal);
        Assert.Contains("It was a dark and stormy night.", result.Text, StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task A_declined_question_leaves_the_decision_to_the_tool()
    {
        ToolCallResult result = await server.Connection.CallAsync("trigger-elicitation-request", responder: Responders.Declining);

        Assert.Contains("User declined", result.Text, StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task Sampling_is_not_promised_so_the_tools_that_need_it_are_not_there()
    {
        Assert.DoesNotContain(await server.Connection.GetToolsAsync(), tool => tool.Name.Contains("sampling", StringComparison.Ordinal));

        // A client that calls one nevertheless gets the server's own refusal, and the connection stays whole.
        string refusal = await server.Connection.RefusalAsync("trigger-sampling-request", new { prompt = "Think!" });
        Assert.Contains("trigger-sampling-request", refusal, StringComparison.Ordinal);
        Assert.Equal("Echo: still here", (await server.Connection.CallAsync("echo", new { message = "still here" })).Text);
    }

    [NodeTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_research_runs_as_a_task_and_asks_when_the_topic_is_unclear(bool ambiguous)
    {
        var seen = new ConcurrentQueue<BackgroundState>();
        var asked = new ConcurrentQueue<InputRequest>();
        ToolDescriptor tool = Assert.Single(await server.Connection.GetToolsAsync(), tool => tool.Name == "simulate-research-query");
        var request = new BackgroundRequest(tool, new JsonObject { ["topic"] = "python", ["ambiguous"] = ambiguous })
        {
            InputResponder = Responders.Accepting([("interpretation", "snake")], asked.Enqueue),
        };

        BackgroundTask task = await new BackgroundTasks(registry: null).StartAsync(server.Connection, request, change => seen.Enqueue(change.State));
        ToolCallResult result = await task.Completion.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(BackgroundKind.Task, task.Kind);
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
        Assert.Contains("Research Report: python", result.Text, StringComparison.Ordinal);
        Assert.Contains(seen, state => state.StatusMessage == "Analyzing content...");
        Assert.Equal(ambiguous ? 1 : 0, asked.Count);
        Assert.Equal(ambiguous, result.Text.Contains("**Clarification**: snake", StringComparison.Ordinal));
        Assert.Equal(ambiguous, seen.Any(state => state.Status == BackgroundStatus.InputRequired));
    }

    [NodeFact]
    public async Task An_argument_the_server_refuses_is_an_error_of_the_tool()
    {
        ToolCallResult result = await server.Connection.CallAsync("get-sum", new { a = "one", b = 2 });

        Assert.True(result.IsError);
        Assert.Contains("expected number", result.Text, StringComparison.Ordinal);
    }
}

/// <summary>The reference server over stdio.</summary>
public sealed class EverythingStdioTests(EverythingStdioServer server)
    : EverythingServerTests(server), IClassFixture<EverythingStdioServer>
{
    [NodeFact]
    public async Task Its_process_is_gone_when_the_connection_is_closed()
    {
        ServerConnection connection = await server.ConnectAsync();
        using var process = System.Diagnostics.Process.GetProcessById(connection.ProcessId!.Value);

        await connection.DisposeAsync();

        Assert.True(process.HasExited);
        Assert.Equal(ConnectionStatus.Closed, connection.Status);
    }
}

/// <summary>The reference server over Streamable HTTP.</summary>
public sealed class EverythingHttpTests(EverythingHttpServer server)
    : EverythingServerTests(server), IClassFixture<EverythingHttpServer>
{
    [NodeFact]
    public async Task Closing_the_connection_ends_its_session_on_the_server()
    {
        ServerConnection connection = await server.ConnectAsync();
        await connection.CallAsync("echo", new { message = "hello" });

        await connection.DisposeAsync();

        await server.LineWithAsync("Received session termination request");
    }
}
