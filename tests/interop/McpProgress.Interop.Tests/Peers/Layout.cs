using System.Runtime.InteropServices;

namespace McpProgress.Interop;

/// <summary>Where the peers and our own server are, seen from the tests' own output folder.</summary>
internal static class Layout
{
    private static readonly DirectoryInfo s_output = new(AppContext.BaseDirectory);

    public static string Root { get; } = FindRoot();

    public static string Interop { get; } = Path.Combine(Root, "tests", "interop");

    /// <summary>Our server, built in the configuration of the tests.</summary>
    public static string Server { get; } = Path.Combine(
        Root, "src", "McpProgress.Server.Host", "bin", s_output.Parent!.Name, s_output.Name, Executable("mcpprogress-server"));

    /// <summary>The server with what the conformance suite asks for, likewise.</summary>
    public static string ConformanceServer { get; } = Path.Combine(
        Interop, "McpProgress.ConformanceServer", "bin", s_output.Parent!.Name, s_output.Name, Executable("McpProgress.ConformanceServer"));

    /// <summary>The module's manifest, as the build leaves it.</summary>
    public static string Module { get; } = Path.Combine(Root, "out", "McpProgress", "McpProgress.psd1");

    /// <summary>A file of an installed npm package.</summary>
    public static string Package(params string[] path) => Path.Combine([Interop, "node_modules", .. path]);

    /// <summary>One of the scripts beside the tests.</summary>
    public static string Script(string name) => Path.Combine(Interop, name);

    public static string Executable(string name) => RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? name + ".exe" : name;

    private static string FindRoot()
    {
        DirectoryInfo? folder = s_output;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "McpProgress.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No McpProgress.sln above {AppContext.BaseDirectory}.");
    }
}
