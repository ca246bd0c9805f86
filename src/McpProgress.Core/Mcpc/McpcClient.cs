using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;

namespace McpProgress.Core.Mcpc;

/// <summary>
/// The client half of the MCP Callback Protocol on one connection. A message is taken as a callback only when this
/// client started its task: a tool's ordinary result that looks like one is left alone.
/// </summary>
public sealed class McpcClient
{
    private const string ProviderName = "McpProgress";

    private readonly ServerConnection _connection;
    private readonly ConcurrentDictionary<string, Action<McpcMessage>> _tasks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _calls = new();
    private readonly object _probing = new();
    private Task<McpcSupport?>? _support;

    internal McpcClient(ServerConnection connection) => _connection = connection;

    /// <summary>Raised for each message of a task of ours and each server event, once and in wire order, on the reader: handlers must return at once.</summary>
    public event Action<McpcMessage>? MessageReceived;

    /// <summary>The session id this connection uses.</summary>
    public string SessionId { get; } = Guid.NewGuid().ToString();

    /// <summary>Finds out, once for the connection, which dialect the server speaks; null for none.</summary>
    /// <exception cref="McpFailureException">The server could not be asked; the next call asks again.</exception>
    public Task<McpcSupport?> GetSupportAsync(CancellationToken cancellationToken = default)
    {
        lock (_probing)
        {
            // A failed probe says nothing about the server: the next call asks again.
            if (_support is null or { IsFaulted: true } or { IsCanceled: true })
            {
                // Others may wait for it too: that one of them gives up does not end it.
                _support = ProbeAsync(CancellationToken.None);
            }

            return _support.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Starts to listen for a task, before it is started: an update may overtake the answer that creates it.</summary>
    /// <param name="taskId">The task's id.</param>
    /// <param name="listener">Gets its messages in wire order; runs on the reader.</param>
    internal void Listen(string taskId, Action<McpcMessage> listener) => _tasks[taskId] = listener;

    /// <summary>Names the request that starts a task: its answer is the first message of the task, and takes its place in the order.</summary>
    internal void Expect(string taskId, long requestId) => _calls[requestId] = taskId;

    /// <summary>Stops to listen.</summary>
    internal void Forget(string taskId, long? requestId)
    {
        _tasks.TryRemove(taskId, out _);
        if (requestId is { } id)
        {
            _calls.TryRemove(id, out _);
        }
    }

    /// <summary>Whether an answer says that its task was created; if not, it is the result of a tool that does not use MCPC.</summary>
    internal bool IsCreation(ToolCallResult answer, string taskId, out McpcMessage created)
    {
        created = null!;
        return !answer.IsError && McpcMessage.TryParse(answer.Text, out created) &&
            created.Type == McpcMessage.TaskType && created.SessionId == SessionId && created.TaskId == taskId;
    }

    /// <summary>Takes the answer to a request off the wire.</summary>
    internal void TakeAnswer(long requestId, JsonObject result)
    {
        if (_calls.TryRemove(requestId, out string? taskId) && IsCreation(new ToolCallResult(result, 0), taskId, out McpcMessage created))
        {
            Take(created);
        }
    }

    /// <summary>Takes a message off the wire.</summary>
    internal void Take(McpcMessage message)
    {
        if (message.Type == McpcMessage.ServerEventType)
        {
            _connection.Events.Tell(MessageReceived, message);
            _connection.Events.Publish(EventNames.ServerEvent, new JsonObject { ["event"] = message.Event, ["result"] = message.Result?.DeepClone() });
        }
        else if (message.SessionId == SessionId && _tasks.TryGetValue(message.TaskId!, out Action<McpcMessage>? listener))
        {
            _connection.Events.Tell(listener, message);
            _connection.Events.Tell(MessageReceived, message);
        }
    }

    /// <summary>Calls a hidden tool of the protocol.</summary>
    internal async Task<JsonObject> CallHiddenAsync(string tool, JsonObject arguments, CancellationToken cancellationToken) =>
        await _connection.RequestAsync(
            new WireRequest("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments }), cancellationToken).ConfigureAwait(false);

    private async Task<McpcSupport?> ProbeAsync(CancellationToken cancellationToken)
    {
        foreach (McpcDialect dialect in McpcDialect.NewestFirst)
        {
            JsonObject arguments = dialect.ProbeCarriesInfo ? new JsonObject { ["mcpc_info"] = dialect.CreateInfo(ProviderName) } : [];
            try
            {
                var answer = new ToolCallResult(await CallHiddenAsync(dialect.ProbeTool, arguments, cancellationToken).ConfigureAwait(false), 0);
                if (!answer.IsError && McpcSupport.Read(dialect, answer.Text) is { } support)
                {
                    return support;
                }
            }
            catch (McpFailureException failure) when (failure.ErrorId == ErrorIds.ProtocolError)
            {
                // No such tool: not this dialect.
            }
        }

        return null;
    }
}

/// <summary>What a server answered to the probe.</summary>
/// <param name="Dialect">The dialect it speaks.</param>
/// <param name="Provider">The name it gives itself.</param>
/// <param name="Version">The version of its package.</param>
/// <param name="Extensions">Our additions that it knows: cancel, update, seq.</param>
public sealed record McpcSupport(McpcDialect Dialect, string? Provider, string? Version, IReadOnlyList<string> Extensions)
{
    /// <summary>Reads the answer; null when it is no such answer.</summary>
    internal static McpcSupport? Read(McpcDialect dialect, string text)
    {
        if (McpcMessage.ReadObject(text) is not { } info || info["mcpc_enabled"] is not JsonValue enabled || !enabled.TryGetValue(out bool yes) || !yes)
        {
            return null;
        }

        string[] extensions = [.. (info["mcpc_extensions"] as JsonArray ?? []).OfType<JsonValue>().Select(extension => extension.ToString())];
        return new McpcSupport(dialect, info["mcpc_provider"]?.ToString(), info["mcpc_version"]?.ToString(), extensions);
    }
}
