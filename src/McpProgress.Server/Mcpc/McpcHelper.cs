using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Mcpc;

/// <summary>The state of work started by <see cref="McpcHelper.StartTask"/>.</summary>
public enum McpcWorkStatus
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It was asked to stop and has not ended yet.</summary>
    Stopping,

    /// <summary>It ended as it should.</summary>
    Complete,

    /// <summary>It threw. (The original left such work <c>running</c> for ever.)</summary>
    Failed,

    /// <summary>It ended because it was asked to stop.</summary>
    Stopped,
}

/// <summary>What is known of work in the background (<c>check_task</c> of the original).</summary>
/// <param name="Status">How it goes.</param>
/// <param name="StartTime">When it was started.</param>
public sealed record McpcWork(McpcWorkStatus Status, DateTimeOffset StartTime)
{
    /// <summary>Whether it has not ended yet.</summary>
    public bool IsRunning => Status is McpcWorkStatus.Running or McpcWorkStatus.Stopping;
}

/// <summary>
/// The MCP Callback Protocol for authors of servers, with the verbs of the original Python package's <c>MCPCHelper</c>:
/// keeps work in the background by its task id, makes the protocol's messages and sends them. The tools of a
/// <see cref="Tools.ToolSet"/> need none of it, they speak MCPC by themselves.
/// </summary>
public sealed class McpcHelper
{
    private readonly ConcurrentDictionary<string, Entry> _tasks = new(StringComparer.Ordinal);
    private readonly Func<McpcMessage, ValueTask> _send;
    private readonly TimeProvider _time;

    /// <summary>Makes a helper.</summary>
    /// <param name="provider">The name the server gives itself.</param>
    /// <param name="send">Puts a message on the wire, whole; see <see cref="ToCallback"/>.</param>
    /// <param name="timeProvider">The clock; null is the system's.</param>
    public McpcHelper(string provider, Func<McpcMessage, ValueTask> send, TimeProvider? timeProvider = null)
    {
        Provider = provider;
        _send = send;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Makes a helper that sends through a server of the MCP SDK, whose writer lets no two messages mix.</summary>
    /// <param name="provider">The name the server gives itself.</param>
    /// <param name="server">The session's server, not the one bound to a request: over HTTP a callback must not go out on a call's own stream.</param>
    public McpcHelper(string provider, McpServer server)
        : this(provider, message => new ValueTask(server.SendMessageAsync(ToCallback(message))))
    {
    }

    /// <summary>The name the server gives itself.</summary>
    public string Provider { get; }

    /// <summary>How many tasks are known.</summary>
    public int Count => _tasks.Count;

    /// <summary>Starts work in the background.</summary>
    /// <param name="taskId">The task's id.</param>
    /// <param name="work">The work; its token is cancelled by <see cref="StopTask"/>.</param>
    /// <returns>False when a task of this id runs already: nothing was started then.</returns>
    public bool StartTask(string taskId, Func<CancellationToken, Task> work)
    {
        ArgumentException.ThrowIfNullOrEmpty(taskId);
        ArgumentNullException.ThrowIfNull(work);
        var entry = new Entry(_time.GetUtcNow());
        while (!_tasks.TryAdd(taskId, entry))
        {
            if (_tasks.TryGetValue(taskId, out var known))
            {
                if (known.Work.IsRunning)
                {
                    return false;
                }

                _tasks.TryRemove(new KeyValuePair<string, Entry>(taskId, known));
            }
        }

        entry.Run(work);
        return true;
    }

    /// <summary>What is known of a task; null for an unknown one.</summary>
    /// <param name="taskId">The task's id.</param>
    public McpcWork? CheckTask(string taskId) => _tasks.TryGetValue(taskId, out var entry) ? entry.Work : null;

    /// <summary>Asks a task to stop.</summary>
    /// <param name="taskId">The task's id.</param>
    /// <returns>Whether it is known.</returns>
    public bool StopTask(string taskId)
    {
        if (!_tasks.TryGetValue(taskId, out var entry))
        {
            return false;
        }

        entry.Stop();
        return true;
    }

    /// <summary>Forgets a task; one that runs is asked to stop. Doing it again does nothing.</summary>
    /// <param name="taskId">The task's id.</param>
    public void CleanupTask(string taskId)
    {
        if (_tasks.TryRemove(taskId, out var entry))
        {
            entry.Stop();
        }
    }

    /// <summary>Makes a message of a task.</summary>
    /// <param name="event">created, update, complete or failed.</param>
    /// <param name="toolName">The tool.</param>
    /// <param name="sessionId">The session the client chose.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="result">Any JSON.</param>
    /// <exception cref="ArgumentException">An id is missing, or the event is none of a task.</exception>
    public static McpcMessage CreateMessage(string @event, string? toolName, string? sessionId, string? taskId, JsonNode? result = null) =>
        McpcMessage.Create(@event, toolName, sessionId, taskId, result);

    /// <summary>Makes an event of the server.</summary>
    /// <param name="event">Any name.</param>
    /// <param name="sessionId">The session the client chose.</param>
    /// <param name="result">Any JSON.</param>
    /// <exception cref="ArgumentException">The session id is missing.</exception>
    public static McpcMessage CreateServerEvent(string @event, string? sessionId, JsonNode? result = null) =>
        McpcMessage.CreateServerEvent(@event, sessionId, result);

    /// <summary>What the server answers to the probe.</summary>
    /// <param name="dialect">The dialect of the probe; null is the newest.</param>
    /// <param name="extensions">Additions to the original that the server has.</param>
    public JsonObject GetProtocolInfo(McpcDialect? dialect = null, IReadOnlyList<string>? extensions = null) =>
        (dialect ?? McpcDialect.C).CreateInfo(Provider, extensions);

    /// <summary>Sends a message.</summary>
    /// <param name="message">The message.</param>
    public ValueTask SendAsync(McpcMessage message) => _send(message);

    /// <summary>A message as it travels: a JSON-RPC response nobody asked for, with a text block that holds it.</summary>
    /// <param name="message">The message.</param>
    public static JsonRpcResponse ToCallback(McpcMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new JsonRpcResponse { Id = new RequestId(McpcMessage.CallbackId), Result = ToResult(message) };
    }

    /// <summary>The result of a call that carries a message, as <c>created</c> travels.</summary>
    internal static JsonObject ToResult(McpcMessage message) => new()
    {
        ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = message.ToJson() }),
        ["isError"] = false,
    };

#pragma warning disable CA1001 // The source has neither timer nor wait handle, and may be cancelled for as long as somebody knows the task.
    private sealed class Entry(DateTimeOffset startTime)
#pragma warning restore CA1001
    {
        private readonly CancellationTokenSource _cancellation = new();
        private volatile McpcWork _work = new(McpcWorkStatus.Running, startTime);
        private readonly object _gate = new();

        public McpcWork Work => _work;

        public void Run(Func<CancellationToken, Task> work) => _ = Task.Run(async () =>
        {
            try
            {
                await work(_cancellation.Token).ConfigureAwait(false);
                End(McpcWorkStatus.Complete);
            }
            catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
            {
                End(McpcWorkStatus.Stopped);
            }
#pragma warning disable CA1031 // The work is the author's: whatever it throws, its state tells.
            catch (Exception)
#pragma warning restore CA1031
            {
                End(McpcWorkStatus.Failed);
            }
        });

        public void Stop()
        {
            lock (_gate)
            {
                if (_work.Status != McpcWorkStatus.Running)
                {
                    return;
                }

                _work = _work with { Status = McpcWorkStatus.Stopping };
            }

            _cancellation.Cancel();
        }

        private void End(McpcWorkStatus status)
        {
            lock (_gate)
            {
                _work = _work with { Status = status };
            }
        }
    }
}
