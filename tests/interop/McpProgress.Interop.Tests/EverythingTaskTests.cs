using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>The reference server's task of revision 2025-11-25, which takes four seconds, as background work.</summary>
public abstract class EverythingTaskTests(EverythingServer server)
{
    private static readonly TimeSpan s_generous = TimeSpan.FromMinutes(2);

    private static readonly HashSet<string> s_stages = ["Gathering sources...", "Analyzing content...", "Synthesizing findings...", "Generating report..."];

    private readonly BackgroundTasks _tasks = new(null);

    [NodeFact]
    public async Task A_research_tells_its_stages_and_has_its_report()
    {
        var said = new List<string?>();
        BackgroundTask task = await StartAsync(new JsonObject { ["topic"] = "tea" }, responder: null, said);
        Assert.Equal(BackgroundKind.Task, task.Kind);

        ToolCallResult result = await task.Completion.WaitAsync(s_generous);

        Assert.NotNull(task.State.ExpiresAt);
        Assert.Equal(BackgroundStatus.Completed, task.State.Status);
        Assert.StartsWith("# Research Report: tea", result.Text, StringComparison.Ordinal);
        Assert.Subset(s_stages, said.OfType<string>().ToHashSet());
        Assert.Contains("Generating report...", said);
    }

    [NodeFact]
    public async Task A_research_that_is_ambiguous_gets_its_clarification_from_the_handler()
    {
        InputRequest? asked = null;
        BackgroundTask task = await StartAsync(
            new JsonObject { ["topic"] = "python", ["ambiguous"] = true },
            (request, _) =>
            {
                asked = request;
                return Task.FromResult<InputAnswer?>(Choose("snake"));
            });

        ToolCallResult result = await task.Completion.WaitAsync(s_generous);

        Assert.Contains("\"python\" could have multiple interpretations", asked!.Message, StringComparison.Ordinal);
        Assert.StartsWith("# Research Report: python (snake)", result.Text, StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task A_research_waits_for_its_clarification_and_refuses_one_that_does_not_fit()
    {
        BackgroundTask task = await StartAsync(new JsonObject { ["topic"] = "tea", ["ambiguous"] = true });
        await UntilAsync(task, BackgroundStatus.InputRequired);
        InputRequest question = Assert.Single(task.PendingInput);

        McpFailureException refused = Assert.Throws<McpFailureException>(() => task.Answer(question.Key, Choose("something else")));
        Assert.Equal(ErrorIds.InvalidArgument, refused.ErrorId);
        Assert.Contains("technical", refused.Message, StringComparison.Ordinal);
        task.Answer(question.Key, Choose("historical"));

        Assert.StartsWith("# Research Report: tea (historical)", (await task.Completion.WaitAsync(s_generous)).Text, StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task A_research_that_is_cancelled_ends_at_once()
    {
        BackgroundTask task = await StartAsync(new JsonObject { ["topic"] = "tea" });

        task.Cancel();

        McpFailureException failure = await Assert.ThrowsAsync<McpFailureException>(() => task.Completion.WaitAsync(s_generous));
        Assert.Equal(ErrorIds.Cancelled, failure.ErrorId);
        Assert.Equal(BackgroundStatus.Cancelled, task.State.Status);
    }

    private static InputAnswer Choose(string interpretation) => new("accept", new Dictionary<string, object?> { ["interpretation"] = interpretation });

    private async Task<BackgroundTask> StartAsync(JsonObject arguments, InputResponder? responder = null, List<string?>? said = null)
    {
        ToolDescriptor tool = Assert.Single(await server.Connection.GetToolsAsync(), tool => tool.Name == "simulate-research-query");
        return await _tasks.StartAsync(
            server.Connection, new BackgroundRequest(tool, arguments) { InputResponder = responder }, task => said?.Add(task.State.StatusMessage));
    }

    private static async Task UntilAsync(BackgroundTask task, BackgroundStatus status)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        task.Changed += Look;
        Look(task);
        await there.Task.WaitAsync(s_generous);
        task.Changed -= Look;

        void Look(BackgroundTask of)
        {
            if (of.State.Status == status)
            {
                there.TrySetResult();
            }
        }
    }
}

/// <summary>Over stdio.</summary>
public sealed class EverythingStdioTaskTests(EverythingStdioServer server) : EverythingTaskTests(server), IClassFixture<EverythingStdioServer>;

/// <summary>Over Streamable HTTP.</summary>
public sealed class EverythingHttpTaskTests(EverythingHttpServer server) : EverythingTaskTests(server), IClassFixture<EverythingHttpServer>;
