using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace McpProgress.Loader;

/// <summary>
/// The module's load context: its assemblies and their dependencies live here, apart from PowerShell's own and from those
/// of other modules, so that each may bring its own version of the same assembly.
/// </summary>
/// <param name="folder">Where they lie, as a full path.</param>
/// <remarks>
/// An assembly that the runtime also has is taken from the runtime when the runtime's version is at least the module's.
/// On .NET 10 that spares compiling <c>System.Text.Json</c> at start-up; on .NET 8 the module's newer one is used,
/// isolated. The versions compared are those of the two files, not the version asked for: every assembly of the module
/// must see one and the same type, whatever version each was compiled against.
/// <para>
/// In a folder named after the platform, such as <c>linux-x64</c>, the build may leave assemblies that are compiled in
/// advance for .NET 10; from there on they go before those that every platform can load.
/// </para>
/// </remarks>
public sealed class ModuleLoadContext(string folder) : AssemblyLoadContext($"McpProgress ({folder})")
{
    // Plain loops: this assembly is never compiled in advance, and every import waits for it.
    private static readonly string RuntimeAssemblies = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}{Path.PathSeparator}";

    private string? _versions;

    /// <summary>Loads one of the module's assemblies.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>
    /// The assembly: the same one at every call in this process, whichever runspace asks, because types of two copies
    /// would not fit each other.
    /// </returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="BadImageFormatException">The file is not a .NET assembly.</exception>
    public Assembly LoadOwn(string name) => LoadFromAssemblyPath(PathOf(name) ?? Path.Join(folder, name + ".dll"));

    /// <inheritdoc/>
    /// <remarks>
    /// Null hands the request on to the default context: System.Management.Automation, the framework, and what the
    /// runtime has in a version that is high enough.
    /// </remarks>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string name = assemblyName.Name!;
        return PathOf(name) is { } path && !RuntimeHasAtLeast(name) ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    /// <remarks>Looks beside the assemblies and in <c>runtimes/&lt;rid&gt;/native</c>, where NuGet puts native libraries.</remarks>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        (string system, string prefix, string suffix) =
            OperatingSystem.IsWindows() ? ("win", "", ".dll") :
            OperatingSystem.IsMacOS() ? ("osx", "lib", ".dylib") :
            ("linux", "lib", ".so");
        string portableRid = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string[] places =
        [
            Path.Join(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
            Path.Join(folder, "runtimes", portableRid, "native"),
            folder,
        ];
        foreach (string place in places)
        {
            foreach (string file in (string[])[unmanagedDllName, unmanagedDllName + suffix, prefix + unmanagedDllName + suffix])
            {
                string path = Path.Join(place, file);
                if (File.Exists(path))
                {
                    return LoadUnmanagedDllFromPath(path);
                }
            }
        }

        return 0;
    }

    private string? PathOf(string name)
    {
        string compiled = Path.Join(folder, RuntimeInformation.RuntimeIdentifier, name + ".dll");
        string portable = Path.Join(folder, name + ".dll");
        return Environment.Version.Major >= 10 && File.Exists(compiled) ? compiled : File.Exists(portable) ? portable : null;
    }

    private bool RuntimeHasAtLeast(string name) =>
        RuntimeAssemblies.Contains($"{Path.DirectorySeparatorChar}{name}.dll{Path.PathSeparator}", StringComparison.OrdinalIgnoreCase)
        && Default.LoadFromAssemblyName(new AssemblyName(name)).GetName().Version >= VersionOf(name);

    // The build has written the versions down: to read them out of the files takes longer than to load the files.
    private Version? VersionOf(string name)
    {
        string list = Path.Join(folder, "versions.txt");
        _versions ??= File.Exists(list) ? '\n' + File.ReadAllText(list) : "";
        int line = _versions.IndexOf($"\n{name} ", StringComparison.OrdinalIgnoreCase);
        if (line < 0)
        {
            return AssemblyName.GetAssemblyName(Path.Join(folder, name + ".dll")).Version;
        }

        int version = line + name.Length + 2;
        int end = _versions.IndexOf('\n', version);
        return Version.Parse(_versions.AsSpan(version, (end < 0 ? _versions.Length : end) - version).TrimEnd());
    }
}
