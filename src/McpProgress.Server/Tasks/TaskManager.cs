using System.Collections.Concurrent;
using System.Text.Json;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.Server.Tasks;

/// <summary>All tasks of a server: those that run, and through the store those that ended, also under an earlier process.</summary>
internal sealed partial class TaskManager : IAsyncDisposable
{
    private const int PageSize = 100;
    private const string Restarted = "The server was restarted while the task ran; its work is lost. Call the tool again.";
    private const string Stopped = "The server was stopped while the task ran; its work is lost. Call the tool again.";

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, RunningTask> _running = new(StringComparer.Ordinal);
    private readonly TaskOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly object _recovering = new();
    private readonly ITimer _sweep;
    private Task? _recovered;

    public TaskManager(TaskOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _sweep = time.CreateTimer(_ => _ = SweepAsync(), null, SweepInterval, SweepInterval);
    }

    /// <summary>How often a client should ask at most.</summary>
    public TimeSpan PollInterval => _options.PollInterval;

    /// <summary>Starts a tool as a task. The task is durable when this completes; the tool has not begun then.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="wantedTtl">How long the client wants it kept; null leaves it to the server.</param>
    /// <param name="origin">Where it came from.</param>
    /// <exception cref="McpProtocolException">Too many run.</exception>
    public async Task<RunningTask> CreateAsync(ServerTool tool, TimeSpan? wantedTtl, TaskOrigin origin)
    {
        await RecoveredAsync().ConfigureAwait(false);
        var now = _time.GetUtcNow();
        var record = new TaskRecord
        {
            Id = Guid.NewGuid().ToString(),
            Tool = tool.Name,
            CreatedAt = now,
            UpdatedAt = now,
            ExpiresAt = now + (wantedTtl < _options.TimeToLive ? wantedTtl.Value : _options.TimeToLive),
        };
        var task = new RunningTask(record, origin, _time);
        if (_running.Count >= _options.MaxRunning || !_running.TryAdd(record.Id, task))
        {
            throw new McpProtocolException($"Too many tasks: this server runs {_options.MaxRunning} at once. Try again when one has ended.", McpErrorCode.InternalError);
        }

        try
        {
            await _options.Store.SaveAsync(record).ConfigureAwait(false);
            return task;
        }
        catch
        {
            _running.TryRemove(record.Id, out _);
            throw;
        }
    }

    /// <summary>Lets the tool of a created task begin.</summary>
    /// <param name="task">The task.</param>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="prepared">Whether the tool has been prepared with them.</param>
    public void Run(RunningTask task, ServerTool tool, ToolArguments arguments, bool prepared) => _ = Task.Run(async () =>
    {
        var context = new ToolContext(task, task.Cancelled);
        try
        {
            var running = prepared
                ? ToolRunner.RunPreparedAsync(tool, arguments, context, _logger).AsTask()
                : ToolRunner.RunAsync(tool, arguments, context, _logger).AsTask();
            var result = await running.ConfigureAwait(false);

            // Before the end begins, because it may fail: an end that has begun must come.
            var json = JsonSerializer.SerializeToElement(result.ToJson());
            await EndAsync(task, record => record with
            {
                State = TaskState.Completed,
                Message = result.IsError ? result.Text : record.Message,
                Result = json,
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (task.Cancelled.IsCancellationRequested)
        {
            // Whoever cancelled it has ended the task too.
        }
        catch (McpProtocolException failure)
        {
            await EndAsync(task, record => Fail(record, failure.Message, failure.ErrorCode)).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was: a task that does not end holds up all who wait for it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var why = ToolRunner.Untellable(tool, failure, _logger);
            await EndAsync(task, record => Fail(record, why)).ConfigureAwait(false);
        }
    });

    /// <summary>A task that runs; null when none of that id does.</summary>
    public RunningTask? FindRunning(string id) => _running.GetValueOrDefault(id);

    /// <summary>A task's state; null when there is none of that id, or none any more.</summary>
    public async Task<TaskRecord?> FindAsync(string id)
    {
        await RecoveredAsync().ConfigureAwait(false);
        var record = _running.TryGetValue(id, out var running) ? running.Record : await _options.Store.FindAsync(id).ConfigureAwait(false);
        return record?.ExpiresAt > _time.GetUtcNow() ? record : null;
    }

    /// <summary>One page of all tasks, in the order they were created.</summary>
    /// <exception cref="McpProtocolException">The cursor is none.</exception>
    public async Task<TaskPage> ListAsync(string? cursor)
    {
        await RecoveredAsync().ConfigureAwait(false);
        try
        {
            var page = await _options.Store.ListAsync(cursor, PageSize).ConfigureAwait(false);
            var now = _time.GetUtcNow();
            return page with
            {
                Tasks = [.. page.Tasks.Where(task => task.ExpiresAt > now).Select(task => _running.TryGetValue(task.Id, out var running) ? running.Record : task)],
            };
        }
        catch (FormatException failure)
        {
            throw new McpProtocolException("The cursor is none of this server's.", failure, McpErrorCode.InvalidParams);
        }
    }

    /// <summary>Cancels a task; its tool may need a while to notice, the task has ended when this completes.</summary>
    /// <returns>False when it has ended already.</returns>
    public async Task<bool> CancelAsync(RunningTask task) =>
        await EndAsync(task, record => record with { State = TaskState.Cancelled, Message = "The task was cancelled." }).ConfigureAwait(false);

    /// <summary>Ends what runs, and says why to those who come back for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values.Select(task => EndAsync(task, record => Fail(record, Stopped)))).ConfigureAwait(false);
    }

    private static TaskRecord Fail(TaskRecord record, string why, McpErrorCode code = McpErrorCode.InternalError) =>
        record with { State = TaskState.Failed, Message = why, Error = new TaskError((int)code, why) };

    private async Task<bool> EndAsync(RunningTask task, Func<TaskRecord, TaskRecord> change)
    {
        if (!task.TryBeginEnd())
        {
            await task.Ended.ConfigureAwait(false);
            return false;
        }

        await task.FlushAsync().ConfigureAwait(false);
        var ended = change(task.Record) with { UpdatedAt = _time.GetUtcNow() };
        try
        {
            // Kept before anybody hears of it: what a client was told stays true after a crash.
            await _options.Store.SaveAsync(ended).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A full disk must not turn a result into none: who asks now still gets it, only a restart loses it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNotKept(_logger, ended.Id, failure);
            task.End(ended);
            return true;
        }

        task.End(ended);
        _running.TryRemove(ended.Id, out _);
        return true;
    }

    // Once, unless it failed: a store that was busy for a moment is asked again when it is needed next.
    private Task RecoveredAsync()
    {
        lock (_recovering)
        {
            return _recovered is null or { IsFaulted: true } ? _recovered = Task.Run(RecoverAsync) : _recovered;
        }
    }

    private async Task RecoverAsync()
    {
        await _options.Store.PruneAsync(_time.GetUtcNow(), _options.MaxEnded).ConfigureAwait(false);
        foreach (var left in await _options.Store.ListUnfinishedAsync().ConfigureAwait(false))
        {
            await _options.Store.SaveAsync(Fail(left, Restarted) with { UpdatedAt = _time.GetUtcNow() }).ConfigureAwait(false);
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            var now = _time.GetUtcNow();
            foreach (var task in _running.Values.Where(task => task.Record.ExpiresAt <= now))
            {
                await CancelAsync(task).ConfigureAwait(false);
                _running.TryRemove(task.Record.Id, out _);
            }

            await _options.Store.PruneAsync(now, _options.MaxEnded).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // On a timer nobody would see it; the next sweep tries again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogSweepFailed(_logger, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of the task {Task} could not be kept; it lives in memory only.")]
    private static partial void LogNotKept(ILogger logger, string task, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expired tasks could not be removed from the store.")]
    private static partial void LogSweepFailed(ILogger logger, Exception failure);
}
