using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Events;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Progress;

/// <summary>
/// Gives each call its token and brings each update to its call. Tokens only ever grow, so a token that was
/// given out and is no longer in flight is its own tombstone: nothing has to be remembered for it.
/// </summary>
/// <param name="time">The clock of the calls.</param>
/// <param name="observerFailed">Gets what an observer of progress throws.</param>
internal sealed class ProgressRouter(TimeProvider time, Action<Exception>? observerFailed = null)
{
    /// <summary>Above every id the SDK counts out itself, and exact in a JavaScript number.</summary>
    private const long FirstToken = 1L << 32;

    private readonly ConcurrentDictionary<long, CallProgress> _inFlight = new();
    private readonly ConcurrentDictionary<RequestId, long> _tokenByRequest = new();
    private readonly ConcurrentDictionary<long, RequestId> _requestByToken = new();
    private long _lastToken = FirstToken - 1;

    /// <summary>How many calls can still receive progress.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Opens a new call.</summary>
    /// <param name="observer">Sees its updates.</param>
    /// <param name="events">Publishes its updates; the token becomes the call id. Null publishes nothing.</param>
    public CallProgress Open(IProgressObserver? observer, Func<long, EventScope>? events = null)
    {
        long token = Interlocked.Increment(ref _lastToken);
        var progress = new CallProgress(token, time, observer, events?.Invoke(token), observerFailed);
        _inFlight[progress.Token] = progress;
        return progress;
    }

    /// <summary>Ends a call: from here on its updates are late, and none is being applied any more.</summary>
    public void Close(long token)
    {
        if (_inFlight.TryRemove(token, out CallProgress? call))
        {
            call.Close();
        }

        Forget(token);
    }

    /// <summary>Applies one notification.</summary>
    public ProgressVerdict Apply(in ProgressLine.Content content)
    {
        if (content.Token is not { } token)
        {
            return ProgressVerdict.Invalid;
        }

        if (!_inFlight.TryGetValue(token, out CallProgress? call))
        {
            return WasGivenOut(token) ? ProgressVerdict.Late : ProgressVerdict.Invalid;
        }

        if (content.Progress is not { } progress || !double.IsFinite(progress))
        {
            return ProgressVerdict.Invalid;
        }

        return call.Apply(progress, content.Total, content.Message) ? ProgressVerdict.Applied : ProgressVerdict.Late;
    }

    /// <summary>Remembers which request carries a call's token: a call that is retried with input has a new id each time.</summary>
    public void RequestSent(JsonRpcRequest request)
    {
        if (request.Params is JsonObject parameters &&
            parameters["_meta"] is JsonObject meta &&
            meta["progressToken"] is JsonValue value && value.TryGetValue(out long token) &&
            _inFlight.TryGetValue(token, out CallProgress? call))
        {
            call.IsAsked = false;
            _tokenByRequest[request.Id] = token;
            _requestByToken[token] = request.Id;
        }
    }

    /// <summary>
    /// Closes the call an answer belongs to, at its place on the wire, so that nothing after the result is applied.
    /// An answer that asks for input or names a task does not end the call.
    /// </summary>
    /// <returns>False for an answer to a call that is over, such as a second one: it must not take the place of the first.</returns>
    public bool ResponseReceived(JsonRpcMessageWithId response)
    {
        if (!_tokenByRequest.TryGetValue(response.Id, out long token))
        {
            return !(response.Id.Id is long id && WasGivenOut(id));
        }

        Forget(token);
        string? type = response is JsonRpcResponse { Result: JsonObject result } ? TypeOf(result) : null;
        if (type is null)
        {
            Close(token);
        }
        else if (type == "input_required" && _inFlight.TryGetValue(token, out CallProgress? call))
        {
            call.IsAsked = true;
        }

        return true;
    }

    /// <summary>Ends a call whose answer is not wanted any more: its answer and all that comes after it are late.</summary>
    /// <returns>The request that waits for that answer; null when there is none.</returns>
    public RequestId? Abandon(long token)
    {
        RequestId? unanswered = Forget(token);
        Close(token);
        return unanswered;
    }

    private RequestId? Forget(long token)
    {
        if (!_requestByToken.TryRemove(token, out RequestId request))
        {
            return null;
        }

        _tokenByRequest.TryRemove(request, out _);
        return request;
    }

    private bool WasGivenOut(long token) => token >= FirstToken && token <= Interlocked.Read(ref _lastToken);

    /// <summary>What the call goes on as; null when it is over.</summary>
    private static string? TypeOf(JsonObject result) =>
        result.Member("resultType").Text() switch
        {
            "input_required" => "input_required",
            "task" => "task",
            _ => result.Member("task") is JsonObject ? "task" : null,
        };
}
