using McpProgress.Interop;

namespace McpProgress.Bench.Comparison;

/// <summary>What the bench runs, where it is, and what is missing.</summary>
internal static class Tools
{
    private static readonly DirectoryInfo s_output = new(AppContext.BaseDirectory);

    public static string FaultyServer { get; } = Path.Combine(
        Layout.Root, "tests", "fixtures", "FaultyServer", "bin", s_output.Parent!.Name, s_output.Name, Layout.Executable("FaultyServer"));

    /// <summary>The module as <c>build.ps1</c> leaves it.</summary>
    public static string Module { get; } = Path.Combine(Layout.Root, "out", "McpProgress", "McpProgress.psd1");

    public static string? Pwsh { get; } = FindOnPath(Layout.Executable("pwsh"));

    public static string Peer(string name) => Path.Combine(Layout.Root, "bench", "peers", name);

    /// <summary>Null when the module can be measured.</summary>
    public static string? ModuleMissingReason =>
        Pwsh is null ? "pwsh is not on the PATH" : File.Exists(Module) ? null : "the module is not built: run ./build.sh build";

    /// <summary>Null when the peers written in JavaScript can be measured.</summary>
    public static string? NodeMissingReason => Node.MissingReason;

    private static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
