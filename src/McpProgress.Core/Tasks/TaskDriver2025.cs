using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;
using ModelContextProtocol;

namespace McpProgress.Core.Tasks;

/// <summary>A task of revision 2025-11-25 (specification, basic/utilities/tasks; SEP-1686).</summary>
internal sealed class TaskDriver2025(BackgroundTask task, ConnectionSlot slot, BackgroundRequest? request, TaskRegistry? registry)
    : PollingDriver(task, slot, request, registry), IProgressObserver
{
    /// <summary>How long a server is asked to keep a task: a working day and the night after it.</summary>
    private static readonly TimeSpan WantedTtl = TimeSpan.FromHours(24);

    private readonly ServerConnection _first = slot.Current;
    private CallProgress? _progress;
    private IDisposable? _inputs;
    private Task<JsonObject>? _result;

    protected override string TtlMember => "ttl";

    protected override string PollIntervalMember => "pollInterval";

    public override async Task<ToolCallResult?> StartAsync(CancellationToken cancellationToken)
    {
        // The token stays valid until the task ends, not only until the answer that creates it.
        _progress = _first.OpenProgress(this);
        Task.ProgressToken = _progress.Token;
        JsonObject parameters = CallParameters(_progress.Token);
        parameters["task"] = new JsonObject { ["ttl"] = (long)WantedTtl.TotalMilliseconds };
        JsonObject answer = await _first.RequestAsync(new WireRequest("tools/call", parameters) { Progress = _progress }, cancellationToken).ConfigureAwait(false);
        if (answer.Member("task") is not JsonObject state)
        {
            Task.Kind = BackgroundKind.Call;
            return new ToolCallResult(answer, _progress.Count);
        }

        Created(state);
        return null;
    }

    public override void Release(CallEnd end, McpFailureException? failure)
    {
        base.Release(end, failure);
        _inputs?.Dispose();
        if (_progress is not null)
        {
            _first.CloseProgress(_progress);
        }
    }

    public void OnProgress(in ProgressUpdate update) => Task.Report(update);

    protected override Task CancelAsync(ServerConnection connection, CancellationToken cancellationToken) =>
        connection.RequestAsync(new WireRequest("tasks/cancel", Named()), cancellationToken);

    protected override void Watching(ServerConnection connection)
    {
        _inputs?.Dispose();
        _result = null;
        _inputs = connection.Inputs.OpenTask(Task.Id, AskAsync);
    }

    protected override async Task<JsonObject> GetAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.RequestAsync(new WireRequest("tasks/get", Named()), cancellationToken).ConfigureAwait(false);
        }
        catch (McpFailureException failure) when (failure.InnerException is McpProtocolException { ErrorCode: McpErrorCode.InvalidParams })
        {
            throw Unknown(failure);
        }
    }

    protected override async Task<ToolCallResult> GetResultAsync(ServerConnection connection, JsonObject state, CancellationToken cancellationToken)
    {
        if (StatusOf(state) == BackgroundStatus.Cancelled)
        {
            throw new McpFailureException(ErrorIds.Cancelled, $"The task '{Task.Id}' was cancelled on the server. {state.Member("statusMessage").Text()}".TrimEnd());
        }

        // Also for a failed task: the request that started it would have failed the same way.
        JsonObject result = await (HasResult ? _result! : RequestResultAsync(connection, cancellationToken)).ConfigureAwait(false);
        return new ToolCallResult(result, _progress?.Count ?? 0);
    }

    // The questions of a task come on the stream of tasks/result, which stays open until the task ends.
    protected override void AnswerInput(ServerConnection connection, JsonObject state, CancellationToken cancellationToken)
    {
        if (!HasResult)
        {
            _result = RequestResultAsync(connection, cancellationToken);
            _ = _result.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    // One that failed says nothing about the next: a proxy may have cut it off.
    private bool HasResult => _result is not (null or { IsFaulted: true } or { IsCanceled: true });

    private Task<JsonObject> RequestResultAsync(ServerConnection connection, CancellationToken cancellationToken) =>
        connection.RequestAsync(new WireRequest("tasks/result", Named()) { IdleTimeout = TimeSpan.Zero }, cancellationToken);

    private JsonObject Named() => new() { ["taskId"] = Task.Id };
}
