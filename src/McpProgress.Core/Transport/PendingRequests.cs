using System.Collections.Concurrent;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>Asked to run what follows an answer, by whoever waits for it with a thread of their own.</summary>
/// <param name="next">What follows.</param>
/// <returns>False: the thread is busy with something else, and the pool is to run it.</returns>
public delegate bool Resumption(Action next);

/// <summary>
/// The requests of a transport that wait for their answers. The SDK's session hands every message on over three tasks and
/// knows no order of them; an answer that is met here goes to its caller at once.
/// </summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<RequestId, Pending> _pending = new();
    private volatile Exception? _ended;

    /// <summary>Waits for the answer to a request, which must be added before it is sent.</summary>
    /// <param name="id">The request.</param>
    /// <param name="resume">Runs what follows the answer; null is the pool.</param>
    /// <exception cref="IOException">The transport has ended, or ends before the answer.</exception>
    public TaskCompletionSource<JsonRpcMessageWithId> Add(RequestId id, Resumption? resume = null)
    {
        var pending = new Pending(resume);
        _pending[id] = pending;
        if (_ended is { } reason)
        {
            pending.Fail(reason);
        }

        return pending;
    }

    /// <summary>Waits no longer.</summary>
    public void Remove(RequestId id) => _pending.TryRemove(id, out _);

    /// <summary>Takes an answer that is waited for here. False: it is somebody else's.</summary>
    public bool TryAnswer(JsonRpcMessage message) =>
        message is JsonRpcMessageWithId answer and (JsonRpcResponse or JsonRpcError)
        && _pending.TryRemove(answer.Id, out Pending? pending)
        && pending.Answer(answer);

    /// <summary>Fails all that wait, and all that come: nothing will be read any more.</summary>
    public void End(Exception? error)
    {
        _ended = error ?? new IOException("The server closed its output.");
        foreach (Pending pending in _pending.Values)
        {
            pending.Fail(_ended);
        }
    }

    /// <summary>The result in an answer.</summary>
    /// <exception cref="McpProtocolException">The answer is an error.</exception>
    public static JsonRpcResponse ResultOf(JsonRpcMessageWithId answer) => answer switch
    {
        JsonRpcResponse response => response,
        JsonRpcError error => throw FailureOf(error),
        _ => throw new InvalidOperationException($"{answer.GetType().Name} is no answer."),
    };

    /// <summary>An error as an exception.</summary>
    public static McpProtocolException FailureOf(JsonRpcError error) => new(error.Error.Message, (McpErrorCode)error.Error.Code);

    /// <summary>The reader goes on with the next message, whatever the caller does with this one: it never runs what follows.</summary>
    private sealed class Pending(Resumption? resume)
        : TaskCompletionSource<JsonRpcMessageWithId>(resume is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None)
    {
        public bool Answer(JsonRpcMessageWithId answer)
        {
            if (resume is null)
            {
                return TrySetResult(answer);
            }

            Continue(() => TrySetResult(answer));
            return true;
        }

        public void Fail(Exception reason) => Continue(() =>
        {
            TrySetException(reason);

            // Looked at here: whoever waits may leave at this very moment, and then nobody would.
            _ = Task.Exception;
        });

        private void Continue(Action complete)
        {
            if (resume is null)
            {
                complete();
            }
            else if (!resume(complete))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static next => next(), complete, preferLocal: false);
            }
        }
    }
}
