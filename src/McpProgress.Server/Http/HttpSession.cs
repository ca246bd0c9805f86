using System.Collections.Concurrent;
using McpProgress.Server.Protocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// A client's session: from <c>initialize</c> until DELETE or idleness, or for a single request of 2026-07-28. A call
/// runs as long as its session, whether or not the client still holds the response open.
/// </summary>
internal sealed class HttpSession : IAsyncDisposable
{
    // A tool that ignores its cancellation does not hold up the server's end.
    private static readonly TimeSpan ToolGrace = TimeSpan.FromSeconds(2);

    // Answers whose client was gone; it comes back soon or not at all.
    private const int MaxLost = 16;

    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<RequestId, PostStream> _calls = new();
    private readonly ConcurrentQueue<PostStream> _lost = new();
    private readonly TimeProvider _time;
    private readonly ClientSession _session;
    private readonly Task _serving;
    private int _streams;
    private long _lastStream;
    private long _lastUsed;

    /// <summary>Starts a session.</summary>
    /// <param name="id">Its id; null for a single request.</param>
    /// <param name="protocol">What it serves.</param>
    /// <param name="time">The clock.</param>
    public HttpSession(string? id, ToolProtocol protocol, TimeProvider time)
    {
        Id = id;
        _time = time;
        _lastUsed = time.GetTimestamp();
        Ended = _ended.Token;
        Transport = new HttpTransport(id);
        _session = protocol.Open(Transport, isSingleRequest: id is null);
        _serving = _session.Server.RunAsync(Ended);
    }

    /// <summary>The session's id; null for a single request.</summary>
    public string? Id { get; }

    /// <summary>The way in and out.</summary>
    public HttpTransport Transport { get; }

    /// <summary>Cancelled when the session is over.</summary>
    public CancellationToken Ended { get; }

    /// <summary>For how long nothing has been asked of it; zero while a call runs or a GET stream is open.</summary>
    public TimeSpan IdleFor =>
        _calls.IsEmpty && Volatile.Read(ref _streams) == 0 ? _time.GetElapsedTime(Interlocked.Read(ref _lastUsed)) : TimeSpan.Zero;

    /// <summary>Notes that the client is there.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastUsed, _time.GetTimestamp());

    /// <summary>Makes the answer to a request; null when one of the same id is still running.</summary>
    /// <param name="exchange">The exchange to answer.</param>
    /// <param name="id">The request's id.</param>
    public PostStream? TryBegin(HttpExchange exchange, RequestId id)
    {
        // Only since 2025-11-25 clients know events without a message, which a way back begins with.
        var history = _session.Server.NegotiatedProtocolVersion == ProtocolVersions.November2025 ? new EventHistory(Interlocked.Increment(ref _lastStream)) : null;
        var stream = new PostStream(_session, exchange, id, modern: Id is null, history) { Answered = Close };
        return _calls.TryAdd(id, stream) ? stream : null;
    }

    /// <summary>Finds the answer that had an event, to a request that runs or whose client was gone when it was answered.</summary>
    public PostStream? FindStream(long stream) => _calls.Values.Concat(_lost).FirstOrDefault(call => call.History?.Stream == stream);

    /// <summary>Ends the answer of a request the client cancelled: it gets nothing more, not even a response.</summary>
    public void Abandon(RequestId id)
    {
        Forget(id)?.End();
    }

    /// <summary>Counts an open GET stream.</summary>
    public void StreamOpened() => Interlocked.Increment(ref _streams);

    /// <summary>Counts it out again.</summary>
    public void StreamClosed()
    {
        Touch();
        Interlocked.Decrement(ref _streams);
    }

    /// <summary>Cancels what runs and ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
        await Transport.DisposeAsync().ConfigureAwait(false);
        foreach (var call in _calls.Values)
        {
            call.End();
        }

        try
        {
            await _serving.WaitAsync(ToolGrace).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or TimeoutException)
        {
            // Bounded on purpose: a tool that does not stop keeps neither the client nor the server waiting.
        }
    }

    private void Close(PostStream answered)
    {
        Forget(answered.Id);
        if (answered.IsLost)
        {
            _lost.Enqueue(answered);
            while (_lost.Count > MaxLost && _lost.TryDequeue(out _))
            {
                // The oldest makes room.
            }
        }
    }

    private PostStream? Forget(RequestId id)
    {
        Touch();
        return _calls.TryRemove(id, out var call) ? call : null;
    }
}
