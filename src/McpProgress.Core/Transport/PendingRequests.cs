using System.Collections.Concurrent;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>
/// Requests of ours that wait for their answers at the tap. The SDK hands each message to three tasks before its caller
/// hears of it; an answer that is met here goes to its caller at once.
/// </summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<RequestId, TaskCompletionSource<JsonRpcMessageWithId>> _pending = new();
    private volatile Exception? _ended;

    /// <summary>Waits for the answer to a request, which must be added before it is sent.</summary>
    /// <exception cref="IOException">The transport has ended, or ends before the answer.</exception>
    public Task<JsonRpcMessageWithId> Add(RequestId id)
    {
        // The reader goes on with the next message, whatever the caller does with this one.
        var answer = new TaskCompletionSource<JsonRpcMessageWithId>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        if (_ended is { } reason)
        {
            Fail(answer, reason);
        }

        return answer.Task;
    }

    /// <summary>Waits no longer.</summary>
    public void Remove(RequestId id) => _pending.TryRemove(id, out _);

    /// <summary>Takes an answer that is waited for here. False: it is somebody else's.</summary>
    public bool TryAnswer(JsonRpcMessage message) =>
        message is JsonRpcMessageWithId answer and (JsonRpcResponse or JsonRpcError)
        && _pending.TryRemove(answer.Id, out TaskCompletionSource<JsonRpcMessageWithId>? pending)
        && pending.TrySetResult(answer);

    /// <summary>Fails all that wait, and all that come: nothing will be read any more.</summary>
    public void End(Exception? error)
    {
        _ended = error ?? new IOException("The server closed its output.");
        foreach (TaskCompletionSource<JsonRpcMessageWithId> pending in _pending.Values)
        {
            Fail(pending, _ended);
        }
    }

    // Looked at here: whoever waits may leave at this very moment, and then nobody would.
    private static void Fail(TaskCompletionSource<JsonRpcMessageWithId> pending, Exception reason)
    {
        pending.TrySetException(reason);
        _ = pending.Task.Exception;
    }

    /// <summary>The result in an answer.</summary>
    /// <exception cref="McpProtocolException">The answer is an error.</exception>
    public static JsonRpcResponse ResultOf(JsonRpcMessageWithId answer) => answer switch
    {
        JsonRpcResponse response => response,
        JsonRpcError error => throw new McpProtocolException(error.Error.Message, (McpErrorCode)error.Error.Code),
        _ => throw new InvalidOperationException($"{answer.GetType().Name} is no answer."),
    };
}
