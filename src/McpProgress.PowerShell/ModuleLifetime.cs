using System.Management.Automation;
using System.Management.Automation.Runspaces;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell;

/// <summary>Leaves nothing behind when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Runspace.DefaultRunspace is { } runspace)
        {
            McpState state = McpState.For(runspace);
            state.CloseAll();
            state.Handlers.Close();
        }
    }
}
