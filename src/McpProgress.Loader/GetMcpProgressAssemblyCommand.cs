using System.Management.Automation;
using System.Reflection;

namespace McpProgress.Loader;

/// <summary>
/// Gives the module's script the assembly to import. A cmdlet, because the script does nothing but call cmdlets: with the
/// first call of a method PowerShell starts its dynamic binder, which takes as long as half of the import.
/// </summary>
[Cmdlet(VerbsCommon.Get, "McpProgressAssembly")]
[OutputType(typeof(Assembly))]
public sealed class GetMcpProgressAssemblyCommand : PSCmdlet
{
    /// <summary>The path of the assembly.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        bool isAgain = ModuleLoadContext.HasLoaded(Path);
        Assembly assembly = ModuleLoadContext.LoadModule(Path);
        if (isAgain)
        {
            RemoveLeftOver(assembly);
        }

        WriteObject(assembly);
    }

    // "Import-Module McpProgress -Force" removes the module but leaves its nested one, and importing an assembly whose module
    // is still there exports nothing (https://github.com/PowerShell/PowerShell/issues/20710).
    private static void RemoveLeftOver(Assembly assembly)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        foreach (PSObject found in shell.AddCommand("Microsoft.PowerShell.Core\\Get-Module").AddParameter("All").Invoke())
        {
            if (found.BaseObject is PSModuleInfo module && module.Path == assembly.Location)
            {
                shell.Commands.Clear();
                shell.AddCommand("Microsoft.PowerShell.Core\\Remove-Module").AddParameter("ModuleInfo", module).AddParameter("Force").Invoke();
            }
        }
    }
}
