using System.Management.Automation;
using System.Management.Automation.Runspaces;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell;

/// <summary>Leaves nothing behind when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    /// <remarks>
    /// <c>Import-Module -Force</c> removes the module but not what is nested in it, so that <see cref="OnRemove"/> is not called;
    /// what was open is closed here then. Another module may import this one for itself, too: then it is still there.
    /// </remarks>
    public void OnImport()
    {
        if (Runspace.DefaultRunspace is { } runspace && McpState.Existing(runspace) is not null && !IsImported())
        {
            Close(runspace);
        }
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Runspace.DefaultRunspace is { } runspace)
        {
            Close(runspace);
        }
    }

    private static bool IsImported()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand("Microsoft.PowerShell.Core\\Get-Module").AddParameter("Name", "McpProgress").AddParameter("All");
        return shell.Invoke().Count > 0;
    }

    private static void Close(Runspace runspace)
    {
        McpState state = McpState.For(runspace);
        state.CloseAll();
        state.Handlers.Close();
    }
}
