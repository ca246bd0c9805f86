namespace McpProgress.Server.Tasks;

/// <summary>Keeps tasks as long as the process lives.</summary>
public sealed class MemoryTaskStore : ITaskStore
{
    private readonly object _gate = new();
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, TaskRecord> _tasks = [];
    private long _lastNumber;

    /// <inheritdoc/>
    public Task SaveAsync(TaskRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            if (!_numbers.TryGetValue(record.Id, out var number))
            {
                _numbers[record.Id] = number = ++_lastNumber;
            }

            _tasks[number] = record;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<TaskRecord?> FindAsync(string id)
    {
        lock (_gate)
        {
            return Task.FromResult(_numbers.TryGetValue(id, out var number) ? _tasks[number] : null);
        }
    }

    /// <inheritdoc/>
    public Task<TaskPage> ListAsync(string? cursor, int count)
    {
        var after = PageCursor.Read(cursor);
        lock (_gate)
        {
            KeyValuePair<long, TaskRecord>[] found = [.. _tasks.SkipWhile(task => task.Key <= after).Take(count + 1)];
            var page = found.Take(count).Select(task => task.Value).ToArray();
            return Task.FromResult(new TaskPage(page, found.Length > count ? PageCursor.Write(found[count - 1].Key) : null));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskRecord>> ListUnfinishedAsync()
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<TaskRecord>>([.. _tasks.Values.Where(task => !task.IsTerminal)]);
        }
    }

    /// <inheritdoc/>
    public Task PruneAsync(DateTimeOffset now, int keep)
    {
        lock (_gate)
        {
            var ended = _tasks.Where(task => task.Value.IsTerminal).ToArray();
            foreach (var (number, task) in _tasks.Where(task => task.Value.ExpiresAt <= now).Concat(ended.SkipLast(keep)).ToArray())
            {
                _tasks.Remove(number);
                _numbers.Remove(task.Id);
            }
        }

        return Task.CompletedTask;
    }
}
