namespace McpProgress.Server.Tasks;

/// <summary>Keeps tasks. All members may be called at once from many threads.</summary>
public interface ITaskStore
{
    /// <summary>Keeps a new task or a change of one. The task is durable, as far as the store goes, when this completes.</summary>
    /// <param name="record">The task.</param>
    Task SaveAsync(TaskRecord record);

    /// <summary>Finds a task; null when there is none, or none any more.</summary>
    /// <param name="id">Its id.</param>
    Task<TaskRecord?> FindAsync(string id);

    /// <summary>One page of the tasks, in the order they were created.</summary>
    /// <param name="cursor">Where the page starts: the last page's <see cref="TaskPage.NextCursor"/>; null for the first.</param>
    /// <param name="count">How many tasks at most.</param>
    /// <exception cref="FormatException">The cursor is none of this store's.</exception>
    Task<TaskPage> ListAsync(string? cursor, int count);

    /// <summary>The tasks that have not ended: at the start of a server, those that an earlier one left behind.</summary>
    Task<IReadOnlyList<TaskRecord>> ListUnfinishedAsync();

    /// <summary>Forgets the tasks that have expired, and the oldest that have ended beyond a number.</summary>
    /// <param name="now">The time.</param>
    /// <param name="keep">How many tasks that have ended to keep.</param>
    Task PruneAsync(DateTimeOffset now, int keep);
}

/// <summary>Some of the tasks.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="NextCursor">Where the next page starts; null when there is none.</param>
public sealed record TaskPage(IReadOnlyList<TaskRecord> Tasks, string? NextCursor);
