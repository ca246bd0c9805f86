using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace McpProgress.Core.Transport;

/// <summary>
/// Ends processes with all that they have started. The runtime can do that too, but looks at every process of the machine for
/// it, which a shell that exits has to wait for; Linux tells the children of a process.
/// </summary>
internal static partial class ProcessTree
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigStop = 19;

    /// <summary>Ends a process that has not been waited for yet, its children, and theirs.</summary>
    public static void Kill(Process process)
    {
        if (OperatingSystem.IsLinux() && File.Exists(ListOf(process.Id, process.Id)))
        {
            Kill(process.Id);
        }
        else
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Tells a process that has not been waited for yet to leave, and with it the group it leads (Unix).</summary>
    public static void Terminate(int id, bool leadsGroup) => _ = Signal(leadsGroup ? -id : id, SigTerm);

    /// <summary>Ends a group of processes (Unix).</summary>
    public static void KillGroup(int group) => _ = Signal(-group, SigKill);

    private static void Kill(int id)
    {
        // Stopped, it cannot start another one while its children are looked for, and the ids of those that end stay taken: it
        // would have to wait for them. Dead, it would have none.
        _ = Signal(id, SigStop);
        ChildrenOf(id).ForEach(Kill);
        _ = Signal(id, SigKill);
    }

    private static List<int> ChildrenOf(int id)
    {
        var children = new List<int>();
        foreach (string thread in ThreadsOf(id))
        {
            try
            {
                string list = File.ReadAllText(Path.Join(thread, "children"));
                foreach (string child in list.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    children.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The thread has ended meanwhile; its children have become those of another.
            }
        }

        return children;
    }

    private static string[] ThreadsOf(int id)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{id}/task");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or has become somebody else.
            return [];
        }
    }

    private static string ListOf(int process, int thread) => $"/proc/{process}/task/{thread}/children";

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int id, int signal);
}
