using McpProgress.Core;
using McpProgress.Server.Tasks;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>The file that a server of this process keeps its tasks in.</summary>
internal static class TaskFile
{
    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">Its full path; null keeps tasks in memory.</param>
    /// <exception cref="McpFailureException">McpServerStartFailed: it cannot be used, or another server has it.</exception>
    public static TaskOptions Open(string? path)
    {
        try
        {
            return path is null ? new TaskOptions() : new TaskOptions { Store = SqliteTaskStore.Open(path) };
        }
        catch (IOException failure)
        {
            throw new McpFailureException(ErrorIds.ServerStartFailed, $"{failure.Message} Choose another file with -TaskStore.", failure);
        }
    }

    /// <summary>Closes it, if it is one: another server can have it then.</summary>
    public static ValueTask CloseAsync(ITaskStore tasks) => tasks is IAsyncDisposable file ? file.DisposeAsync() : ValueTask.CompletedTask;
}
