using System.Globalization;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tasks;

/// <summary>What the tasks of both MCP revisions have in common: they live on the server, and are asked for.</summary>
internal abstract class PollingDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest? request, TaskRegistry? registry)
    : TaskDriver(task, slot, request)
{
    private readonly PollDelay _delay = new(slot.Current.Time);
    private BackgroundState? _saved;

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

    /// <summary>Sets the watch, and takes over what the server said on creating the task.</summary>
    protected void Created(JsonObject state)
    {
        Task.Rename(TextOf(state["taskId"]) ?? throw new McpFailureException(ErrorIds.ProtocolError, $"The server made a task of '{Task.Tool}' without an id."));
        Task.Announce();
        Apply(state);
        Watch(Slot.Current);
    }

    public override async Task<ToolCallResult> FinishAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource questions = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                ServerConnection connection = Slot.Current;
                try
                {
                    JsonObject state = await GetAsync(connection, cancellationToken).ConfigureAwait(false);
                    Apply(state);
                    switch (StatusOf(state))
                    {
                        case BackgroundStatus.Working:
                            break;
                        case BackgroundStatus.InputRequired:
                            AnswerInput(connection, state, questions.Token);
                            break;
                        default:
                            return await GetResultAsync(connection, state, cancellationToken).ConfigureAwait(false);
                    }

                    await _delay.WaitAsync(Task.State.PollInterval, cancellationToken).ConfigureAwait(false);
                }
                catch (McpFailureException failure) when (failure.ErrorId == ErrorIds.ConnectionLost)
                {
                    await WaitForConnectionAsync(connection, cancellationToken).ConfigureAwait(false);
                }

                ThrowIfExpired();
            }
        }
        finally
        {
            await questions.CancelAsync().ConfigureAwait(false);
        }
    }

    protected override void Resume()
    {
        Task.Announce();
        Watch(Slot.Current);
    }

    public override void Release()
    {
        // It has ended, and nobody can take it up later.
        Slot.Current.TaskWatch.Remove(Task.Id);
        registry?.Remove(Task.ServerKey, Task.Id);
    }

    /// <summary>Asks for the state at once.</summary>
    protected void Wake() => _delay.Wake();

    /// <summary>The failure of a request that named the task.</summary>
    protected McpFailureException Unknown(Exception inner) => IsOver
        ? Expired(inner)
        : new McpFailureException(ErrorIds.TaskNotFound, $"Server '{Task.ServerName}' does not know the task '{Task.Id}' (any more). It may have been restarted, or have forgotten it.", inner);

    /// <summary>The name of the status on the wire (both revisions use the same).</summary>
    protected static BackgroundStatus StatusOf(JsonObject state) => TextOf(state["status"]) switch
    {
        "input_required" => BackgroundStatus.InputRequired,
        "completed" => BackgroundStatus.Completed,
        "failed" => BackgroundStatus.Failed,
        "cancelled" => BackgroundStatus.Cancelled,
        _ => BackgroundStatus.Working,
    };

    protected static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private bool IsOver => Task.State.ExpiresAt <= Slot.Current.Time.GetUtcNow();

    private void Watch(ServerConnection connection)
    {
        connection.TaskWatch.Add(Task.Id, state =>
        {
            Apply(state);
            Wake();
        });
        Subscribe(connection);
    }

    /// <summary>Asks for notifications where they have to be asked for.</summary>
    protected virtual void Subscribe(ServerConnection connection)
    {
    }

    // A server's notification is news for the views; only an answer to a question of ours ends the task.
    private void Apply(JsonObject state)
    {
        BackgroundStatus status = StatusOf(state);
        var numbers = (state["_meta"] as JsonObject)?["mcpprogress/progress"] as JsonObject;
        if (TextOf(state["createdAt"]) is { } created &&
            DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset createdAt))
        {
            Task.CreatedAt = createdAt;
        }

        Task.Update(before => before with
        {
            Status = status is BackgroundStatus.InputRequired or BackgroundStatus.Working && Task.PendingInput.Count == 0 ? status : before.Status,
            StatusMessage = TextOf(state["statusMessage"]) ?? before.StatusMessage,
            Progress = NumberOf(numbers?["progress"]) ?? before.Progress,
            Total = NumberOf(numbers?["total"]) ?? before.Total,
            ExpiresAt = NumberOf(state[TtlMember]) is { } ttl ? Task.CreatedAt + Milliseconds(ttl) : before.ExpiresAt,
            PollInterval = NumberOf(state[PollIntervalMember]) is { } interval ? Milliseconds(interval) : before.PollInterval,
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
            // The work itself goes on; only a later session will not know of it.
            Task.Warn($"The task '{Task.Id}' could not be kept for a later session: {exception.Message}");
        }
    }

    private async Task WaitForConnectionAsync(ServerConnection lost, CancellationToken cancellationToken)
    {
        // Over HTTP the connection may stand although one request failed: the next one may go through.
        if (lost.Status == ConnectionStatus.Connected)
        {
            await _delay.WaitAsync(Task.State.PollInterval, cancellationToken).ConfigureAwait(false);
            return;
        }

        Task.Update(state => state with { StatusMessage = $"The connection was lost. Connect again with Connect-McpServer, and the task goes on." });
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Task.State.ExpiresAt is { } expires)
        {
            TimeSpan left = expires - lost.Time.GetUtcNow();
            limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        try
        {
            await Slot.WaitForReplacementAsync(lost, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Expired(exception);
        }

        lost.TaskWatch.Remove(Task.Id);
        Watch(Slot.Current);
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

    private static double? NumberOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number) ? number : null;

    private static TimeSpan Milliseconds(double value) => TimeSpan.FromMilliseconds(Math.Clamp(value, 0, TimeSpan.FromDays(3650).TotalMilliseconds));
}
