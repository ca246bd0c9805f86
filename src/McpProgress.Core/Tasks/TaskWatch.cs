using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>Brings notifications about tasks to those who poll them.</summary>
internal sealed class TaskWatch
{
    private readonly ConcurrentDictionary<string, Watcher> _watchers = new(StringComparer.Ordinal);

    /// <summary>The ids that are watched.</summary>
    public ICollection<string> TaskIds => _watchers.Keys;

    /// <summary>Watches one task.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="changed">Gets its state as sent; runs on the reader.</param>
    /// <param name="ended">Told when the connection has ended.</param>
    public void Add(string taskId, Action<JsonObject> changed, Action ended) => _watchers[taskId] = new(changed, ended);

    /// <summary>Stops watching.</summary>
    public void Remove(string taskId) => _watchers.TryRemove(taskId, out _);

    /// <summary>Takes a notification: of a task that nobody watches, it is nobody's.</summary>
    public void Take(JsonObject state)
    {
        if (state.Member("taskId").Text() is { } id && _watchers.TryGetValue(id, out Watcher? watcher))
        {
            watcher.Changed(state);
        }
    }

    /// <summary>Says that the connection has ended: who waits for the next time to ask need not.</summary>
    public void End()
    {
        foreach (Watcher watcher in _watchers.Values)
        {
            watcher.Ended();
        }
    }

    private sealed record Watcher(Action<JsonObject> Changed, Action Ended);
}
