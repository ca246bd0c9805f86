using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tasks;

/// <summary>Answers a question of a server.</summary>
/// <param name="request">The question.</param>
/// <param name="cancellationToken">Fires when the answer is no longer wanted.</param>
/// <returns>The answer; null when the question was answered before.</returns>
public delegate Task<InputAnswer?> InputResponder(InputRequest request, CancellationToken cancellationToken);

/// <summary>Brings a server's question to whoever started the work it belongs to.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a wait handle.")]
internal sealed class InputDesk
{
    private const string RelatedTaskKey = "io.modelcontextprotocol/related-task";

    private readonly AsyncLocal<Registration?> _current = new();
    private readonly object _lock = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly List<Registration> _calls = [];
    private readonly Dictionary<string, InputResponder> _tasks = new(StringComparer.Ordinal);

    // One count for all connections: a task that goes on over another one must not meet a key it has answered.
    private static long _lastKey;

    /// <summary>
    /// Takes all questions back: the connection has ended. The SDK waits for its handlers before it fails the requests that
    /// are under way, so an open question would keep every call on a dead server from ending.
    /// </summary>
    public void Close() => _closed.Cancel();

    /// <summary>Registers who answers for a call, until disposed.</summary>
    /// <param name="responder">Who answers; null where nobody can.</param>
    /// <param name="inFlow">
    /// The SDK asks in the flow of the call (revision 2026-07-28). Where it does not, a value that flows would only slow down
    /// every step of the call.
    /// </param>
    public IDisposable Open(InputResponder? responder, bool inFlow)
    {
        var registration = new Registration(this, responder);
        if (inFlow)
        {
            _current.Value = registration;
        }

        lock (_lock)
        {
            _calls.Add(registration);
        }

        return registration;
    }

    /// <summary>Registers who answers for a task, until disposed.</summary>
    public IDisposable OpenTask(string taskId, InputResponder responder)
    {
        lock (_lock)
        {
            _tasks[taskId] = responder;
        }

        return new Closing(() =>
        {
            lock (_lock)
            {
                _tasks.Remove(taskId);
            }
        });
    }

    /// <summary>The SDK's handler for <c>elicitation/create</c>, in both eras.</summary>
    public async ValueTask<ElicitResult> AnswerAsync(ElicitRequestParams? request, CancellationToken cancellationToken)
    {
        JsonObject parameters = JsonSerializer.SerializeToNode(request, McpJsonUtilities.DefaultOptions) as JsonObject ?? [];
        InputRequest input = InputRequest.Read($"input-{Interlocked.Increment(ref _lastKey)}", "elicitation/create", parameters);
        InputResponder responder = Find(parameters) ?? throw new McpProtocolException("Nobody is here to answer.", McpErrorCode.InvalidRequest);
        using var wanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        InputAnswer answer = await responder(input, wanted.Token).ConfigureAwait(false) ?? new InputAnswer("cancel");
        return answer.ToJson().Deserialize<ElicitResult>(McpJsonUtilities.DefaultOptions) ?? new ElicitResult { Action = "cancel" };
    }

    // Over stdio a question of revision 2025-11-25 does not say which call it belongs to, unless a task: then the newest call is asked.
    private InputResponder? Find(JsonObject parameters)
    {
        string? task = parameters.Member("_meta").Member(RelatedTaskKey).Member("taskId").Text();
        lock (_lock)
        {
            return task is not null && _tasks.TryGetValue(task, out InputResponder? ofTask)
                ? ofTask
                : _current.Value?.Responder ?? _calls.LastOrDefault(call => call.Responder is not null)?.Responder;
        }
    }

    private sealed class Registration(InputDesk desk, InputResponder? responder) : IDisposable
    {
        public InputResponder? Responder => responder;

        public void Dispose()
        {
            lock (desk._lock)
            {
                desk._calls.Remove(this);
            }
        }
    }

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
