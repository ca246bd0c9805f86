using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Events;
using McpProgress.Core.Progress;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>Work that goes on while the user does something else, whatever the wire calls it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a wait handle, and may be cancelled as long as somebody holds the task.")]
public sealed class BackgroundTask
{
    private readonly object _lock = new();
    private readonly TimeProvider _time;
    private readonly EventScope? _origin;
    private readonly EventScope _events;
    private readonly TaskCompletionSource<ToolCallResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private readonly List<Question> _pending = [];
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    private readonly Mailbox<ServerLogMessage> _log = new();
    private readonly Mailbox<string> _warnings = new();
    private BackgroundState _state;
    private BackgroundState _beneath;
    private long _updates;
    private bool _announced;

    internal BackgroundTask(
        string id, BackgroundKind kind, string serverName, string serverKey, string tool, DateTimeOffset createdAt, TimeProvider time, EventScope? origin = null, EventScope? events = null)
    {
        Id = FirstId = id;
        Kind = kind;
        ServerName = serverName;
        ServerKey = serverKey;
        Tool = tool;
        CreatedAt = createdAt;
        _time = time;
        _origin = origin;
        _events = events ?? new EventScope(null, serverName, taskId: id);
        _state = _beneath = new BackgroundState(BackgroundStatus.Working, null, null, null, createdAt, null, null);

        // Observed here: a task nobody waits for must not end up as an unobserved exception.
        _ = _completion.Task.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Raised after every change, in order, on the thread that brought it: handlers must return at once.</summary>
    public event Action<BackgroundTask>? Changed;

    /// <summary>The id: the server's where it gives one.</summary>
    public string Id { get; private set; }

    /// <summary>The id it had before the server gave one, which a script may have kept.</summary>
    public string FirstId { get; }

    /// <summary>How it travels.</summary>
    public BackgroundKind Kind { get; internal set; }

    /// <summary>The name of the connection it was started on.</summary>
    public string ServerName { get; }

    /// <summary>What is the same for every connection to the same server.</summary>
    public string ServerKey { get; }

    /// <summary>The tool.</summary>
    public string Tool { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset CreatedAt { get; internal set; }

    /// <summary>The state now.</summary>
    public BackgroundState State => Volatile.Read(ref _state);

    /// <summary>The result; it fails with a <see cref="McpFailureException"/> when there is none.</summary>
    public Task<ToolCallResult> Completion => _completion.Task;

    /// <summary>The questions that wait for an answer.</summary>
    public IReadOnlyList<InputRequest> PendingInput
    {
        get
        {
            lock (_lock)
            {
                return [.. _pending.Select(pending => pending.Request)];
            }
        }
    }

    /// <summary>Whether the server can be asked to stop it. All can but an MCPC server without our extensions.</summary>
    public bool CanCancelOnServer { get; internal set; } = true;

    /// <summary>Sees every update of its progress.</summary>
    internal IProgressObserver? Observer { get; init; }

    /// <summary>The progress token it was started with: also names it in log messages, where the server says.</summary>
    internal long? ProgressToken { get; set; }

    /// <summary>Sends data to a running task, where its protocol can (MCPC with our extensions).</summary>
    internal Func<JsonObject, CancellationToken, Task>? UpdateHandler { get; set; }

    /// <summary>Fires when the task is to be cancelled.</summary>
    internal CancellationToken Cancelled => _cancellation.Token;

    /// <summary>What a user should know who cancels it while the server cannot be told.</summary>
    public string UntoldWarning =>
        $"Server '{ServerName}' could not be told that the task '{Id}' is cancelled, and it may go on there. Once its job is removed, Get-McpTask lists it again, and Resume-McpTask takes it up over a new connection.";

    /// <summary>Cancels it here, and asks the server to.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Changes a running task: only MCPC servers with our extensions can take it.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument: this server or kind of task takes no changes.</exception>
    public Task UpdateAsync(JsonObject data, CancellationToken cancellationToken) =>
        UpdateHandler?.Invoke(data, cancellationToken) ?? throw new McpFailureException(
            ErrorIds.InvalidArgument, $"The task '{Id}' waits for no input, and its server takes no changes of a running task.");

    /// <summary>Hands over the server's log messages that belong to the work: those that came before, then each as it comes, on the reader.</summary>
    public void ObserveLog(Action<ServerLogMessage> observer) => _log.Observe(observer);

    /// <summary>Hands over what the user should know although the work goes on: what came before, then each as it comes.</summary>
    public void ObserveWarnings(Action<string> observer) => _warnings.Observe(observer);

    /// <summary>Takes a log message of the server; it waits until somebody listens.</summary>
    internal void Log(ServerLogMessage message) => _log.Put(message);

    /// <summary>Answers a question. Each is answered once.</summary>
    /// <param name="key">Which one; null for the only one.</param>
    /// <param name="answer">The answer; an accepted one is checked against what the question wants.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument: no such question, or the answer does not fit.</exception>
    public void Answer(string? key, InputAnswer answer)
    {
        Question pending;
        lock (_lock)
        {
            pending = Find(key);
        }

        InputAnswer checkedAnswer = answer.CheckedFor(pending.Request);
        lock (_lock)
        {
            if (!_pending.Remove(pending))
            {
                throw new McpFailureException(ErrorIds.InvalidArgument, $"The question '{pending.Request.Key}' of task '{Id}' was answered already.");
            }

            _answered.Add(pending.Request.Key);
        }

        pending.Answer.TrySetResult(checkedAnswer);
    }

    /// <summary>Puts a question and waits for its answer; null where it was put before.</summary>
    internal async Task<InputAnswer?> AskAsync(InputRequest request, CancellationToken cancellationToken)
    {
        var pending = new Question(request, new TaskCompletionSource<InputAnswer>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_answered.Contains(request.Key) || _pending.Any(known => known.Request.Key == request.Key))
            {
                return null;
            }

            _pending.Add(pending);
        }

        Update(static state => state);
        try
        {
            return await pending.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _pending.Remove(pending);
            }

            Update(static state => state);
        }
    }

    /// <summary>Applies a progress update that came over the wire.</summary>
    internal void Report(in ProgressUpdate update)
    {
        ProgressUpdate latest = update;
        Update(state => state with { Progress = latest.Progress, Total = latest.Total, StatusMessage = latest.Message ?? state.StatusMessage }, latest);
    }

    /// <summary>Changes the state, unless it is final.</summary>
    /// <param name="change">The change.</param>
    /// <param name="reported">The update that brings it: it is an event as it came, also when it changes nothing.</param>
    internal void Update(Func<BackgroundState, BackgroundState> change, ProgressUpdate? reported = null)
    {
        lock (_lock)
        {
            if (_state.IsTerminal)
            {
                return;
            }

            if (reported is { } update)
            {
                Publish(update with { Sequence = ++_updates });
            }

            _beneath = change(_beneath);
            BackgroundState next = Shown(_beneath);
            if (next with { UpdatedAt = _state.UpdatedAt } == _state)
            {
                return;
            }

            BackgroundState before = _state;
            Volatile.Write(ref _state, next with { UpdatedAt = _time.GetUtcNow() });
            if (reported is null)
            {
                Publish(before, _state);
            }
        }

        _events.Tell(Changed, this);
    }

    /// <summary>Takes what the user should know, with what a server said in it; it waits until somebody listens.</summary>
    internal void Warn(string message) => _warnings.Put(TerminalText.Clean(message, keepLines: true));

    /// <summary>Lets a question be put again whose answer the server did not take.</summary>
    internal void Reopen(string key)
    {
        lock (_lock)
        {
            _answered.Remove(key);
        }
    }

    /// <summary>Takes the id that the server gave.</summary>
    internal void Rename(string id)
    {
        Id = id;
        _events.TaskId = id;
    }

    /// <summary>Tells, once, that the work has begun.</summary>
    internal void Announce()
    {
        lock (_lock)
        {
            if (_announced)
            {
                return;
            }

            _announced = true;
            _events.Open(EventNames.TaskCreated, _origin, new JsonObject { ["tool"] = Tool, ["kind"] = Kind.ToString() });
        }
    }

    internal void Complete(ToolCallResult result)
    {
        try
        {
            Update(state => state with { Status = BackgroundStatus.Completed });
            _events.Finish(Tool, result);
        }
        finally
        {
            // Whatever becomes of its events: nobody is to wait for the end for ever.
            _completion.TrySetResult(result);
        }
    }

    internal void Fail(McpFailureException failure)
    {
        BackgroundStatus status = failure.ErrorId == ErrorIds.Cancelled ? BackgroundStatus.Cancelled : BackgroundStatus.Failed;
        try
        {
            Update(state => state with { Status = status, StatusMessage = failure.Message });
            _events.Finish(Tool, failure);
        }
        finally
        {
            _completion.TrySetException(failure);
        }
    }

    // While a question is open, it is what there is to say, whatever else the server reports; before it comes what keeps it
    // from being answered.
    private BackgroundState Shown(BackgroundState state)
    {
        if (state.IsTerminal)
        {
            return state;
        }

        BackgroundState asked = _pending.Count == 0 ? state : state with { Status = BackgroundStatus.InputRequired, StatusMessage = _pending[0].Request.Message };
        return state.Trouble is { } trouble ? asked with { StatusMessage = trouble } : asked;
    }

    private void Publish(in ProgressUpdate update)
    {
        _events.PublishProgress(update);
        if (Observer is { } observer)
        {
            _events.Tell(news => observer.OnProgress(news), update);
        }
    }

    private void Publish(BackgroundState before, BackgroundState after)
    {
        bool isNewMessage = after.StatusMessage != before.StatusMessage && after.Status == before.Status;
        if (after.Progress is { } progress && (after.Progress != before.Progress || after.Total != before.Total || isNewMessage))
        {
            Publish(new ProgressUpdate(++_updates, progress, after.Total, after.StatusMessage, after.UpdatedAt));
        }

        if (after.Status != before.Status || (isNewMessage && after.Progress is null))
        {
            string name = after.Status == BackgroundStatus.InputRequired && before.Status != after.Status ? EventNames.InputRequired : EventNames.TaskUpdated;
            _events.Publish(name, new JsonObject { ["tool"] = Tool, ["status"] = after.Status.ToString(), ["statusMessage"] = after.StatusMessage });
        }
    }

    private Question Find(string? key)
    {
        Question[] found = [.. _pending.Where(pending => key is null || pending.Request.Key == key)];
        string known = string.Join(", ", _pending.Select(pending => pending.Request.Key));
        return found.Length switch
        {
            1 => found[0],
            0 when key is not null && _answered.Contains(key) => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"The question '{key}' of task '{Id}' was answered already."),
            0 when State.Trouble is { } trouble => throw new McpFailureException(ErrorIds.InvalidArgument, $"The task '{Id}' cannot be answered just now. {trouble}"),
            0 => throw new McpFailureException(
                ErrorIds.InvalidArgument, _pending.Count == 0 ? $"The task '{Id}' waits for no input." : $"The task '{Id}' has no question '{key}'. It asks: {known}."),
            _ => throw new McpFailureException(ErrorIds.InvalidArgument, $"The task '{Id}' asks several questions; name one with -Key: {known}."),
        };
    }

    private sealed record Question(InputRequest Request, TaskCompletionSource<InputAnswer> Answer);
}
