using McpProgress.Server.Samples;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Support;

/// <summary>A tool that says when it started and when it was cancelled, and ends when told to.</summary>
internal sealed class ProbeTool
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Started => _started.Task;

    public Task Cancelled => _cancelled.Task;

    public Task Finished => _finished.Task;

    public void Release() => _release.TrySetResult();

    public ServerTool Tool => new()
    {
        Name = "probe",
        InputSchema = SampleTools.Schema("""{ "type": "object" }"""),
        Body = async (_, context) =>
        {
            await context.ReportProgressAsync(1, 2, "started");
            _started.TrySetResult();
            try
            {
                await _release.Task.WaitAsync(context.CancellationToken);
                _finished.TrySetResult();
                return ToolResult.FromText("released");
            }
            catch (OperationCanceledException)
            {
                _cancelled.TrySetResult();
                throw;
            }
        },
    };
}
