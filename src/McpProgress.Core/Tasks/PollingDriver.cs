using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>What the tasks of both MCP revisions have in common: they live on the server, and are asked for.</summary>
internal abstract class PollingDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest? request, TaskRegistry? registry)
    : TaskDriver(task, slot, request)
{
    /// <summary>What a timer can count; a session does not last longer.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>How far the server's clock may be off before it matters.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(10);

    private readonly PollDelay _delay = new(slot.Current.Time);
    private ServerConnection? _watched;
    private BackgroundState? _saved;
    private bool _isKnownToBeLost;
    private bool _hasEnded;
    private DateTimeOffset _createdAt = task.CreatedAt;
    private TimeSpan? _clockDifference;

    /// <summary>Whether the server has named it: before that, no request can.</summary>
    protected bool IsNamed { get; private set; } = request is null;

    /// <summary>The member that carries the time to live, in milliseconds.</summary>
    protected abstract string TtlMember { get; }

    /// <summary>The member that carries the poll interval, in milliseconds.</summary>
    protected abstract string PollIntervalMember { get; }

    /// <summary>Asks for the state.</summary>
    protected abstract Task<JsonObject> GetAsync(ServerConnection connection, CancellationToken cancellationToken);

    /// <summary>The result of a task that has ended.</summary>
    protected abstract Task<ToolCallResult> GetResultAsync(ServerConnection connection, JsonObject state, CancellationToken cancellationToken);

    /// <summary>Deals with a task that waits for input.</summary>
    protected abstract void AnswerInput(ServerConnection connection, JsonObject state, CancellationToken cancellationToken);

    /// <summary>Takes over what the server said on creating the task.</summary>
    protected void Created(JsonObject state)
    {
        Task.Rename(state.Member("taskId").Text() ?? throw new McpFailureException(ErrorIds.ProtocolError, $"The server made a task of '{Task.Tool}' without an id."));
        Task.Announce();
        IsNamed = true;
        _createdAt = Slot.Current.Time.GetUtcNow();
        Apply(state);
    }

    /// <summary>Asks the server to cancel it.</summary>
    protected abstract Task CancelAsync(ServerConnection connection, CancellationToken cancellationToken);

    public override Task CancelAsync(CancellationToken cancellationToken) =>
        IsNamed ? CancelAsync(Slot.Current, cancellationToken) : System.Threading.Tasks.Task.CompletedTask;

    public override async Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource questions = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                ServerConnection connection = Slot.Current;
                Watch(connection);
                try
                {
                    JsonObject state = await GetAsync(connection, cancellationToken).ConfigureAwait(false);
                    Found(connection);
                    Apply(state);
                    switch (StatusOf(state))
                    {
                        case BackgroundStatus.Working:
                            break;
                        case BackgroundStatus.InputRequired:
                            AnswerInput(connection, state, questions.Token);
                            break;
                        case BackgroundStatus.Completed:
                            return await GetResultAsync(connection, state, cancellationToken).ConfigureAwait(false);
                        default:
                            _hasEnded = true;
                            return await GetResultAsync(connection, state, cancellationToken).ConfigureAwait(false);
                    }

                    await _delay.WaitAsync(Task.State.PollInterval, cancellationToken).ConfigureAwait(false);
                }
                catch (McpFailureException failure) when (IsPassing(failure))
                {
                    await WaitForConnectionAsync(connection, failure, cancellationToken).ConfigureAwait(false);
                }

                ThrowIfExpired();
            }
        }
        finally
        {
            await questions.CancelAsync().ConfigureAwait(false);
        }
    }

    public override void Release(CallEnd end, McpFailureException? failure)
    {
        _watched?.TaskWatch.Remove(Task.Id);
        bool isCancelled = end != CallEnd.None;
        if (failure is null or { ErrorId: ErrorIds.TaskNotFound or ErrorIds.TaskExpired } || _hasEnded || (isCancelled && !Slot.IsLost))
        {
            // It has ended, or does as soon as the server is told: nobody can take it up later.
            registry?.Remove(Task.ServerKey, Task.Id);
        }
        else if (isCancelled && IsNamed)
        {
            Task.Warn(Task.UntoldWarning);
        }
    }

    /// <summary>Asks for the state at once.</summary>
    protected void Wake() => _delay.Wake();

    /// <summary>The failure of a request that named the task.</summary>
    protected McpFailureException Unknown(Exception inner) => IsOver
        ? Expired(inner)
        : new McpFailureException(ErrorIds.TaskNotFound, $"Server '{Task.ServerName}' does not know the task '{Task.Id}' (any more). It may have been restarted, or have forgotten it.", inner);

    /// <summary>The name of the status on the wire (both revisions use the same).</summary>
    protected static BackgroundStatus StatusOf(JsonObject state) => state.Member("status").Text() switch
    {
        "input_required" => BackgroundStatus.InputRequired,
        "completed" => BackgroundStatus.Completed,
        "failed" => BackgroundStatus.Failed,
        "cancelled" => BackgroundStatus.Cancelled,
        _ => BackgroundStatus.Working,
    };

    private bool IsOver => Task.State.ExpiresAt <= Slot.Current.Time.GetUtcNow();

    private void Watch(ServerConnection connection)
    {
        if (_watched == connection)
        {
            return;
        }

        _watched?.TaskWatch.Remove(Task.Id);
        _watched = connection;
        connection.TaskWatch.Add(
            Task.Id,
            state =>
            {
                Apply(state);
                if (StatusOf(state) != BackgroundStatus.Working)
                {
                    // Only now is there more to get than the notification says.
                    Wake();
                }
            },
            Wake);
        Watching(connection);
    }

    /// <summary>Called when it goes over a connection for the first time: asks for what has to be asked for there.</summary>
    protected virtual void Watching(ServerConnection connection)
    {
    }

    // News for the views. The status is not taken from it: only the answer to a request of ours ends the task, and it
    // waits for input when there is a question that can be answered, which may come after the state that announces it.
    private void Apply(JsonObject state)
    {
        JsonNode? numbers = state.Member("_meta").Member("mcpprogress/progress");
        if (state.Member("createdAt").Text() is { } created &&
            DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset createdAt))
        {
            Task.CreatedAt = ByOurClock(createdAt);
        }

        Task.Update(before => before with
        {
            StatusMessage = state.Member("statusMessage").Text() ?? before.StatusMessage,
            Progress = NumberOf(numbers.Member("progress")) ?? before.Progress,
            Total = NumberOf(numbers.Member("total")) ?? before.Total,
            ExpiresAt = NumberOf(state.Member(TtlMember)) is { } ttl ? Later(Task.CreatedAt, Milliseconds(ttl)) : before.ExpiresAt,
            PollInterval = NumberOf(state.Member(PollIntervalMember)) is { } interval ? Milliseconds(interval) : before.PollInterval,
        });
        Save();
    }

    /// <summary>Keeps the task for a later session. Progress alone is not worth a write.</summary>
    private void Save()
    {
        BackgroundState state = Task.State;
        if (registry is null || state.IsTerminal || (_saved is { } saved && saved.Status == state.Status && saved.ExpiresAt == state.ExpiresAt))
        {
            return;
        }

        _saved = state;
        var record = new TaskRecord
        {
            Id = Task.Id,
            Kind = Task.Kind,
            ServerName = Task.ServerName,
            ServerKey = Task.ServerKey,
            Tool = Task.Tool,
            CreatedAt = Task.CreatedAt,
            ExpiresAt = state.ExpiresAt,
            Status = state.Status,
            StatusMessage = state.StatusMessage,
            PollIntervalMs = state.PollInterval?.TotalMilliseconds,
        };
        try
        {
            registry.Save(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The work itself goes on; only a later session will not know of it. One warning says all there is to say.
            if (!_isKnownToBeLost)
            {
                _isKnownToBeLost = true;
                Task.Warn($"The task '{Task.Id}' could not be kept for a later session: {exception.Message}");
            }
        }
    }

    /// <summary>
    /// Whether the same request may get through later: the connection was lost, or a web server is overloaded, being restarted
    /// behind its proxy, or out of order for a moment. The task itself lives on meanwhile.
    /// </summary>
    protected static bool IsPassing(McpFailureException failure) => failure.ErrorId == ErrorIds.ConnectionLost ||
        failure.InnerException is HttpRequestException { StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError };

    private void Found(ServerConnection connection)
    {
        Slot.Report(connection, failing: false);
        if (Task.State.Trouble is not null)
        {
            Task.Update(state => state with { Trouble = null, IsDisconnected = false });
        }
    }

    private async Task WaitForConnectionAsync(ServerConnection lost, McpFailureException failure, CancellationToken cancellationToken)
    {
        Slot.Report(lost, failing: true);
        Task.Update(state => Slot.Current != lost ? state : state with
        {
            IsDisconnected = Slot.IsEnded,
            Trouble = Slot.IsEnded ? "The connection was lost. Connect again with Connect-McpServer, and the task goes on."
                : failure.ErrorId == ErrorIds.ConnectionLost ? "The connection was lost. The server is asked again until it can be reached."
                : "The server cannot say now how the task is. It is asked again until it can.",
        });
        Task replaced = Slot.ReplacedAsync(lost);
        if (lost.Status == ConnectionStatus.Connected)
        {
            // Over HTTP the connection may stand although one request failed: the next one may go through.
            await System.Threading.Tasks.Task.WhenAny(replaced, _delay.WaitAsync(Task.State.PollInterval, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return;
        }

        try
        {
            TimeSpan left = (Task.State.ExpiresAt ?? DateTimeOffset.MaxValue) - lost.Time.GetUtcNow();
            TimeSpan longest = left > LongestTimer ? Timeout.InfiniteTimeSpan : left > TimeSpan.Zero ? left : TimeSpan.Zero;
            await replaced.WaitAsync(longest, lost.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw Expired(exception);
        }
    }

    private void ThrowIfExpired()
    {
        if (IsOver)
        {
            throw Expired(null);
        }
    }

    private McpFailureException Expired(Exception? inner) => new(
        ErrorIds.TaskExpired, $"The task '{Task.Id}' of tool '{Task.Tool}' has outlived the time its server keeps it, {Task.State.ExpiresAt:u}. Call the tool again.", inner);

    // A server whose clock is minutes behind would have its tasks outlived at once. What one created while it was asked was
    // created just now; seconds are the way and not the clock.
    private DateTimeOffset ByOurClock(DateTimeOffset createdAt)
    {
        TimeSpan difference = _clockDifference ??= (_createdAt - createdAt).Duration() > ClockTolerance ? _createdAt - createdAt : TimeSpan.Zero;
        return createdAt + difference;
    }

    private static DateTimeOffset Later(DateTimeOffset moment, TimeSpan by) => moment < DateTimeOffset.MaxValue - by ? moment + by : DateTimeOffset.MaxValue;

    private static TimeSpan Milliseconds(double value) => TimeSpan.FromMilliseconds(Math.Clamp(value, 0, TimeSpan.FromDays(3650).TotalMilliseconds));
}
