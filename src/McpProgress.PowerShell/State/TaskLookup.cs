using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Tasks;

namespace McpProgress.PowerShell.State;

/// <summary>Finds the tasks a user means.</summary>
internal static class TaskLookup
{
    /// <summary>The tasks of this session, and those of earlier ones that can still be asked for.</summary>
    public static IReadOnlyList<McpTask> All(McpState state)
    {
        List<McpTask> tasks = [.. state.Jobs.Where(job => job.Core is not null).Select(job => job.Task)];
        HashSet<(string, string)> here = [.. tasks.Select(task => (task.Core!.ServerKey, task.Id))];
        tasks.AddRange(TaskRegistry.Default.List().Where(record => !here.Contains((record.ServerKey, record.Id))).Select(record => new McpTask(record)));
        return tasks;
    }

    /// <summary>The tasks named by a task, a job, or an id (wildcards allowed).</summary>
    /// <exception cref="McpFailureException">McpTaskNotFound.</exception>
    public static IReadOnlyList<McpTask> Find(McpState state, object target)
    {
        switch (target is PSObject wrapped ? wrapped.BaseObject : target)
        {
            case McpTask task:
                return [task];

            case McpJob job:
                return [job.Task];

            case int jobId:
                return [.. state.Jobs.Where(job => job.Id == jobId).Select(job => job.Task).DefaultIfEmpty(null!).Select(task => task ?? throw NotFound(jobId.ToString(System.Globalization.CultureInfo.InvariantCulture)))];

            case { } other:
                string id = other.ToString() ?? "";
                var wildcard = WildcardPattern.Get(id, WildcardOptions.IgnoreCase);
                IReadOnlyList<McpTask> found = [.. All(state).Where(task => wildcard.IsMatch(task.Id))];
                return found.Count > 0 || WildcardPattern.ContainsWildcardCharacters(id) ? found : throw NotFound(id);

            default:
                return [];
        }
    }

    private static McpFailureException NotFound(string id) => TaskRegistry.Default.HasExpired(id)
        ? new McpFailureException(ErrorIds.TaskExpired, $"The task '{id}' has outlived the time its server keeps it. Call the tool again.")
        : new McpFailureException(ErrorIds.TaskNotFound, $"There is no task '{id}'. Get-McpTask lists those that can be asked for.");
}
