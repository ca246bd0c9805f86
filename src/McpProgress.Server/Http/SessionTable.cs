using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using McpProgress.Server.Protocol;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Http;

/// <summary>The sessions of clients that said <c>initialize</c>: bounded in number, ended when idle.</summary>
internal sealed partial class SessionTable : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HttpSession> _sessions = new(StringComparer.Ordinal);
    private readonly object _creating = new();
    private readonly HttpServerOptions _http;
    private readonly ToolProtocol _protocol;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    public SessionTable(HttpServerOptions http, ToolProtocol protocol, ILoggerFactory loggers, TimeProvider time)
    {
        _http = http;
        _protocol = protocol;
        _logger = loggers.CreateLogger("McpProgress.Server.Http");
        _time = time;
        var period = http.SessionIdleTimeout / 4;
        _sweep = time.CreateTimer(_ => EndIdle(), null, period, period);
    }

    /// <summary>How many sessions there are.</summary>
    public int Count => _sessions.Count;

    /// <summary>Makes a session; null when there are too many and all of them are in use.</summary>
    public HttpSession? TryCreate()
    {
        lock (_creating)
        {
            if (_sessions.Count >= _http.MaxSessions && !MakeRoom())
            {
                return null;
            }

            var session = new HttpSession(NewId(), _protocol, _time);
            _sessions[session.Id!] = session;
            LogStarted(_logger, _sessions.Count);
            return session;
        }
    }

    /// <summary>Finds a session and notes that it is used.</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out HttpSession? session)
    {
        if (!_sessions.TryGetValue(id, out session))
        {
            return false;
        }

        session.Touch();
        return true;
    }

    /// <summary>Ends a session; false when there is none of that id.</summary>
    public async ValueTask<bool> EndAsync(string id)
    {
        if (!_sessions.TryRemove(id, out var session))
        {
            return false;
        }

        await session.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_sessions.Keys.Select(id => EndAsync(id).AsTask())).ConfigureAwait(false);
    }

    private bool MakeRoom()
    {
        var oldest = _sessions.Values.MaxBy(session => session.IdleFor);
        if (oldest is null || oldest.IdleFor <= TimeSpan.Zero)
        {
            return false;
        }

        LogEvicted(_logger, _http.MaxSessions);
        Drop(oldest);
        return true;
    }

    private void EndIdle()
    {
        foreach (var session in _sessions.Values.Where(session => session.IdleFor >= _http.SessionIdleTimeout))
        {
            LogExpired(_logger, _http.SessionIdleTimeout);
            Drop(session);
        }
    }

    // An idle session has nothing running, so its end is quick and need not be waited for.
    private void Drop(HttpSession session)
    {
        _sessions.TryRemove(session.Id!, out _);
        _ = session.DisposeAsync().AsTask();
    }

    // The id is the only thing that keeps another client out of a session: it must not be guessable.
    private static string NewId() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    [LoggerMessage(Level = LogLevel.Information, Message = "A session was started; there are {Count} now.")]
    private static partial void LogStarted(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There are {Limit} sessions: the longest idle one was ended to make room.")]
    private static partial void LogEvicted(ILogger logger, int limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "A session was ended after {Timeout} without requests.")]
    private static partial void LogExpired(ILogger logger, TimeSpan timeout);
}
