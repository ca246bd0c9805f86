namespace McpProgress.PowerShell.State;

/// <summary>Where the module lies.</summary>
internal static class ModuleFolder
{
    /// <summary>The folder of the assemblies that every platform can load, and of the server executable.</summary>
    public static string Bin { get; } = Find();

    /// <summary>The folder of the manifest.</summary>
    public static string Root => Path.GetDirectoryName(Bin)!;

    // What was compiled in advance lies in a folder below, named after the platform.
    private static string Find()
    {
        string folder = Path.GetDirectoryName(typeof(ModuleFolder).Assembly.Location)!;
        return Path.GetFileName(folder) == "bin" ? folder : Path.GetDirectoryName(folder)!;
    }
}
