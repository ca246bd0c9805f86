using System.Management.Automation;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The modules that the session of the pipeline thread has loaded.</summary>
internal static class LoadedModules
{
    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<PSModuleInfo> All()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddCommand("Microsoft.PowerShell.Core\\Get-Module").Invoke<PSModuleInfo>();
    }

    /// <summary>The file that a loaded module can be loaded from again; null when none of that name is loaded, or it has no such file.</summary>
    /// <param name="name">The module's name.</param>
    public static string? FileOf(string name) =>
        All().Where(module => string.Equals(module.Name, name, StringComparison.OrdinalIgnoreCase))
            .SelectMany(module => new[] { ManifestOf(module), module.Path })
            .FirstOrDefault(file => Path.GetExtension(file)?.ToUpperInvariant() is ".PSD1" or ".PSM1" && File.Exists(file));

    /// <summary>Where a module's manifest is, if it has one. Its <c>Path</c> is that of its root module, which may export more.</summary>
    public static string ManifestOf(PSModuleInfo module) => Path.Combine(module.ModuleBase, $"{module.Name}.psd1");
}
