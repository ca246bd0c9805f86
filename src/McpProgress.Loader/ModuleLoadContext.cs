using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace McpProgress.Loader;

/// <summary>
/// The load context of one copy of the module: its assemblies and their dependencies live here, apart from PowerShell's
/// own and from those of other modules, so that each may bring its own version of the same assembly.
/// </summary>
/// <remarks>
/// An assembly that the runtime also has is taken from the runtime when the runtime's version is at least the module's.
/// On .NET 10 that spares compiling <c>System.Text.Json</c> at start-up; on .NET 8 the module's newer one is used,
/// isolated. The versions compared are those of the two files, not the version asked for: every assembly of the module
/// must see one and the same type, whatever version each was compiled against.
/// </remarks>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private static readonly ConcurrentDictionary<string, Lazy<ModuleLoadContext>> Contexts =
        new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    private static readonly Lazy<Dictionary<string, string>> RuntimeAssemblies = new(ReadTrustedPlatformAssemblies);

    private readonly string _folder;

    private ModuleLoadContext(string folder)
        : base($"McpProgress ({folder})")
    {
        _folder = folder;
    }

    /// <summary>Loads a module's main assembly into the load context of its folder.</summary>
    /// <param name="assemblyPath">The full path of the assembly; its dependencies lie beside it.</param>
    /// <returns>
    /// The assembly: the same one at every call in this process, whichever runspace asks, because types of two copies
    /// would not fit each other.
    /// </returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="BadImageFormatException">The file is not a .NET assembly.</exception>
    public static Assembly LoadModule(string assemblyPath)
    {
        string fullPath = Path.GetFullPath(assemblyPath);
        string folder = Path.GetDirectoryName(fullPath)!;
        ModuleLoadContext context = Contexts.GetOrAdd(folder, static f => new(() => new ModuleLoadContext(f))).Value;
        return context.LoadFromAssemblyPath(fullPath);
    }

    /// <summary>Whether a module was loaded from a folder before, in whichever runspace of this process.</summary>
    /// <param name="moduleFolder">The module's folder, above that of its assemblies.</param>
    public static bool HasLoaded(string moduleFolder) => Contexts.ContainsKey(Path.GetFullPath(Path.Join(moduleFolder, "bin")));

    /// <inheritdoc/>
    /// <remarks>
    /// Null hands the request on to the default context: System.Management.Automation, the framework, and what the
    /// runtime has in a version that is high enough.
    /// </remarks>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Join(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) && !RuntimeHasAtLeast(path, assemblyName.Name!) ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    /// <remarks>Looks beside the assemblies and in <c>runtimes/&lt;rid&gt;/native</c>, where NuGet puts native libraries.</remarks>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (string path in NativeLibraryPaths(unmanagedDllName))
        {
            if (File.Exists(path))
            {
                return LoadUnmanagedDllFromPath(path);
            }
        }

        return 0;
    }

    private static bool RuntimeHasAtLeast(string path, string name) =>
        RuntimeAssemblies.Value.TryGetValue(name, out string? runtimePath) && VersionOf(runtimePath) >= VersionOf(path);

    private static Version? VersionOf(string path) => AssemblyName.GetAssemblyName(path).Version;

    private static Dictionary<string, string> ReadTrustedPlatformAssemblies()
    {
        string list = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "";
        var assemblies = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string path in list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            // The host never lists a name twice; were it to, the runtime would take the first.
            assemblies.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        return assemblies;
    }

    private IEnumerable<string> NativeLibraryPaths(string name)
    {
        (string system, string prefix, string suffix) =
            OperatingSystem.IsWindows() ? ("win", "", ".dll") :
            OperatingSystem.IsMacOS() ? ("osx", "lib", ".dylib") :
            ("linux", "lib", ".so");
        string portableRid = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string[] folders =
        [
            Path.Join(_folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
            Path.Join(_folder, "runtimes", portableRid, "native"),
            _folder,
        ];
        return folders.SelectMany(folder => new[] { name, name + suffix, prefix + name + suffix }
            .Select(file => Path.Join(folder, file)));
    }
}
