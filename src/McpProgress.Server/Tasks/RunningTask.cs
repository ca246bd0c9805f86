using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Server.Progress;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tasks;

/// <summary>Where a task came from: what it may send there, and whether it may ask.</summary>
/// <param name="Session">The session of the request that started it.</param>
/// <param name="Client">What the client can do; it tells which questions it takes.</param>
/// <param name="SendsLogs">Whether log messages go to the session (revision 2025-11-25; since then they belong to a request).</param>
/// <param name="Progress">Sends progress numbers while it runs; null where nobody asked for them.</param>
internal sealed record TaskOrigin(ClientSession Session, ClientCapabilities? Client, bool SendsLogs, ProgressReporter? Progress)
{
    /// <summary>The progress token of the request that started it; null where it has none.</summary>
    public ProgressToken? Token { get; init; }
}

/// <summary>
/// A tool that runs as a task: on its own, whatever becomes of the request and the connection that started it. Knows no
/// wire; the two revisions of the protocol look at <see cref="Record"/> and <see cref="Questions"/>.
/// </summary>
#pragma warning disable CA1001 // The source has neither timer nor wait handle, and may be cancelled for as long as somebody knows the task.
internal sealed class RunningTask(TaskRecord record, TaskOrigin origin, TimeProvider time) : IToolChannel
#pragma warning restore CA1001
{
    private readonly object _gate = new();

    // Held while a change is made and told, so that changes are heard of in the order they were made in.
    private readonly object _changing = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly List<TaskQuestion> _questions = [];

    // One for each request that puts the questions to its client, the newest last.
    private readonly List<Channel<TaskQuestion>> _putting = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskRecord _record = record;
    private string? _message = record.Message;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private int _lastKey;
    private bool _ending;

    /// <summary>Raised after every change, in order, on the thread that brought it: handlers return at once.</summary>
    public event Action<TaskRecord>? Changed;

    /// <summary>Its state now.</summary>
    public TaskRecord Record
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    /// <summary>The questions that wait for an answer.</summary>
    public IReadOnlyList<TaskQuestion> Questions
    {
        get
        {
            lock (_gate)
            {
                return [.. _questions];
            }
        }
    }

    /// <summary>Completes when <see cref="Record"/> is terminal.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Cancelled when the task is.</summary>
    public CancellationToken Cancelled => _cancellation.Token;

    /// <inheritdoc/>
    public ChannelReader<JsonElement> Updates => NoUpdates.Reader;

    /// <summary>Takes the right to end the task; only the first one gets it.</summary>
    public bool TryBeginEnd()
    {
        lock (_gate)
        {
            return !_ending && (_ending = true);
        }
    }

    /// <summary>Ends it. What comes from the tool afterwards is dropped.</summary>
    public void End(TaskRecord record)
    {
        lock (_changing)
        {
            lock (_gate)
            {
                _record = record;
                _questions.Clear();
            }

            Changed?.Invoke(record);
        }

        _ended.TrySetResult();

        // Also after a result: it stops what the tool may have left running.
        _cancellation.Cancel();
    }

    /// <summary>Sends what progress still waits; afterwards none is sent.</summary>
    public ValueTask FlushAsync() => origin.Progress?.CompleteAsync() ?? default;

    /// <summary>
    /// Gives the questions to a request that can put them to its client: those that are open, and those that come until
    /// there is a newer one. Older requests may have put the same ones: of a client that is gone nobody knows.
    /// </summary>
    public Channel<TaskQuestion> BeginPutting()
    {
        var toPut = Channel.CreateUnbounded<TaskQuestion>();
        lock (_gate)
        {
            _putting.Add(toPut);
            Put(_questions);
        }

        return toPut;
    }

    /// <summary>Leaves the open questions to the newest request that still puts some.</summary>
    public void EndPutting(Channel<TaskQuestion> toPut)
    {
        lock (_gate)
        {
            _putting.Remove(toPut);
            Put(_questions);
        }
    }

    /// <summary>Hands an answer to the question it belongs to.</summary>
    /// <param name="key">The question's key.</param>
    /// <param name="answer">The answer, raw.</param>
    /// <returns>False when no such question waits: each is answered once.</returns>
    /// <exception cref="FormatException">The answer does not fit; the question still waits.</exception>
    public bool Answer(string key, JsonNode? answer)
    {
        if (Questions.FirstOrDefault(question => question.Key == key) is not { } question)
        {
            return false;
        }

        var read = question.Question.ReadAnswer(answer);
        return TryClose(question) && question.Answer.TrySetResult(read);
    }

    /// <summary>Tells the tool that a question will not be answered.</summary>
    /// <param name="question">The question.</param>
    /// <param name="why">What the tool gets to see.</param>
    public void Refuse(TaskQuestion question, ToolException why)
    {
        if (TryClose(question))
        {
            question.Answer.TrySetException(why);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReportProgressAsync(ProgressUpdate update)
    {
        _message = update.Message ?? _message;
        Update(record => record with
        {
            Progress = update.Progress,
            Total = update.Total,
            Message = record.State == TaskState.InputRequired ? record.Message : _message,
        });
        return origin.Progress?.ReportAsync(update) ?? default;
    }

    /// <inheritdoc/>
    public ValueTask LogAsync(LogLevel level, string message) =>
        origin.SendsLogs ? origin.Session.LogAsync(Record.Tool, level, message, origin.Token, Record.Id, Cancelled) : default;

    /// <inheritdoc/>
    public ValueTask SendUpdateAsync(JsonNode? result) => default;

    /// <inheritdoc/>
    public ValueTask SendServerEventAsync(string name, JsonNode? result) => origin.Session.Mcpc.SendServerEventAsync(name, result, Cancelled);

    /// <inheritdoc/>
    public bool Takes(ToolQuestion question) => question.IsTakenBy(origin.Client);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken)
    {
        if (questions.FirstOrDefault(question => !Takes(question)) is { } refused)
        {
            throw ClientRequests.Unable(Record.Tool, refused);
        }

        TaskQuestion[] asked;
        lock (_gate)
        {
            asked = [.. questions.Select(question => new TaskQuestion(NewKey(question), question))];
            _questions.AddRange(asked);
        }

        Update(record => record with { State = TaskState.InputRequired, Message = questions[0].Text });
        lock (_gate)
        {
            Put(asked);
        }

        return await Task.WhenAll(asked.Select(question => question.Answer.Task)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    // A key is never used again in the task's life (SEP-2663), whatever the tool calls its questions.
    private string NewKey(ToolQuestion question) => question.Key is { } key && _keys.Add(key) ? key : $"input-{++_lastKey}";

    private void Put(IEnumerable<TaskQuestion> questions)
    {
        foreach (var question in questions)
        {
            _putting.LastOrDefault()?.Writer.TryWrite(question);
        }
    }

    private bool TryClose(TaskQuestion question)
    {
        bool others;
        lock (_gate)
        {
            if (!_questions.Remove(question))
            {
                return false;
            }

            others = _questions.Count > 0;
        }

        Update(record => record with
        {
            State = others ? TaskState.InputRequired : TaskState.Working,
            Message = others ? record.Message : _message,
        });
        return true;
    }

    private void Update(Func<TaskRecord, TaskRecord> change)
    {
        lock (_changing)
        {
            TaskRecord changed;
            lock (_gate)
            {
                if (_ending)
                {
                    return;
                }

                _record = changed = change(_record) with { UpdatedAt = time.GetUtcNow() };
            }

            Changed?.Invoke(changed);
        }
    }
}

/// <summary>A question of a task.</summary>
/// <param name="Key">Names it, and is never used again in the task's life.</param>
/// <param name="Question">The question.</param>
internal sealed record TaskQuestion(string Key, ToolQuestion Question)
{
    /// <summary>The place for its answer.</summary>
    public TaskCompletionSource<object> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
