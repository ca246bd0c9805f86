using System.Management.Automation;
using System.Runtime.Loader;

namespace McpProgress.Loader;

/// <summary>
/// The first nested module of the manifest. PowerShell asks for the second one, the cmdlets, by its name alone, because it
/// lies beside no manifest; the runtime, which does not know it either, then asks here.
/// </summary>
/// <remarks>
/// PowerShell knows this way of bringing a module into a load context of its own and looks after it: see
/// <c>ExecutionContext.AddAssembly</c> in its sources. It needs no script, which would take as long as half of the import.
/// </remarks>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private const string Cmdlets = "McpProgress.PowerShell";

    private static readonly ModuleLoadContext Context = new(Path.GetDirectoryName(typeof(ModuleInitializer).Assembly.Location)!);

    // Once in a process, however many runspaces import the module.
    static ModuleInitializer() => AssemblyLoadContext.Default.Resolving += static (_, name) =>
        name.Name == Cmdlets ? Context.LoadOwn(Cmdlets) : null;

    /// <inheritdoc/>
    public void OnImport()
    {
        // To be made is all it takes.
    }
}
