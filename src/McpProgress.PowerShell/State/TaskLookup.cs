using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;
using McpProgress.PowerShell.Conversion;

namespace McpProgress.PowerShell.State;

/// <summary>Finds the tasks a user means.</summary>
internal static class TaskLookup
{
    /// <summary>A shorter start of an id is more likely a mistake than meant.</summary>
    private const int ShortestStart = 4;

    /// <summary>The tasks of this session, and those of earlier ones that can still be asked for.</summary>
    public static IReadOnlyList<McpTask> All(McpState state)
    {
        List<McpTask> tasks = [.. state.Jobs.Where(job => job.Core is not null).Select(job => job.Task)];
        HashSet<(string, string)> here = [.. tasks.Select(task => (task.Core!.ServerKey, task.Id))];
        tasks.AddRange(TaskRegistry.Default.List().Where(record => !here.Contains((record.ServerKey, record.Id))).Select(record => new McpTask(record)));
        return tasks;
    }

    /// <summary>The tasks named by a task, a job, or an id (wildcards allowed), or the start of one.</summary>
    /// <exception cref="McpFailureException">McpTaskNotFound, or McpInvalidArgument where several ids start so.</exception>
    public static IReadOnlyList<McpTask> Find(McpState state, object target)
    {
        switch (PlainValue.BaseOf(target))
        {
            case McpTask task:
                return [task];

            case McpJob job:
                return [job.Task];

            case int jobId when state.Jobs.FirstOrDefault(job => job.Id == jobId) is { } job:
                return [job.Task];

            case { } other:
                return Find(All(state), LanguagePrimitives.ConvertTo<string>(other));

            default:
                return [];
        }
    }

    private static McpTask[] Find(IReadOnlyList<McpTask> all, string id)
    {
        var wildcard = WildcardPattern.Get(id, WildcardOptions.IgnoreCase);
        McpTask[] found = [.. all.Where(task => wildcard.IsMatch(task.Id) || string.Equals(task.Core?.FirstId, id, StringComparison.OrdinalIgnoreCase))];
        if (found.Length > 0 || WildcardPattern.ContainsWildcardCharacters(id))
        {
            return found;
        }

        McpTask[] starting = id.Length < ShortestStart ? [] : [.. all.Where(task => task.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase))];
        return starting.Length switch
        {
            1 => starting,
            0 => throw NotFound(id),
            _ => throw new McpFailureException(
                ErrorIds.InvalidArgument, $"The ids of {starting.Length} tasks start with '{id}': write more of the one that is meant, or '{id}*' for all of them."),
        };
    }

    private static McpFailureException NotFound(string id) => TaskRegistry.Default.HasExpired(id)
        ? new McpFailureException(ErrorIds.TaskExpired, $"The task '{id}' has outlived the time its server keeps it. Call the tool again.")
        : new McpFailureException(ErrorIds.TaskNotFound, $"There is no task '{id}'. Get-McpTask lists those that can be asked for.");
}
