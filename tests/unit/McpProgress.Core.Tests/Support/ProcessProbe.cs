using System.Diagnostics;

namespace McpProgress.Core.Tests.Support;

/// <summary>Asks the system about processes that are not ours to wait for.</summary>
internal static class ProcessProbe
{
    /// <summary>Whether the process still runs. One that has ended and was not collected by its parent does not.</summary>
    public static bool IsRunning(int id)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                // pid (name) state …, and the name may hold anything.
                string stat = File.ReadAllText($"/proc/{id}/stat");
                return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Waits for the end of a process: the system has no signal for one that is nobody's child.</summary>
    public static async Task GoneAsync(int id)
    {
        long started = Stopwatch.GetTimestamp();
        while (IsRunning(id))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limits.Generous, $"Process {id} is still running.");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until no process with that mark runs. Only Linux shows the environment of a process.</summary>
    public static async Task NoneMarkedAsync(string mark)
    {
        if (OperatingSystem.IsLinux())
        {
            foreach (int id in Marked(mark))
            {
                await GoneAsync(id);
            }

            Assert.Empty(Marked(mark));
        }
    }

    private static List<int> Marked(string mark)
    {
        List<int> marked = [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    if (File.ReadAllText($"/proc/{process.Id}/environ").Contains(mark, StringComparison.Ordinal))
                    {
                        marked.Add(process.Id);
                    }
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // It has ended meanwhile, or belongs to somebody else.
                }
            }
        }

        return marked;
    }
}
