using System.Diagnostics;
using McpProgress.Interop;

namespace McpProgress.Bench;

/// <summary>The programs of the race, and where they are.</summary>
internal static class Contestants
{
    private static readonly DirectoryInfo s_output = new(AppContext.BaseDirectory);

    /// <summary>A server that writes what it has encoded beforehand: it is not what is measured.</summary>
    public static string FaultyServer { get; } = Path.Combine(
        Layout.Root, "tests", "fixtures", "FaultyServer", "bin", s_output.Parent!.Name, s_output.Name, Layout.Executable("FaultyServer"));

    /// <summary>A module without MCP in it, which only writes what is to be written.</summary>
    public static string LeastModule { get; } = Path.Combine(Layout.Root, "bench", "LeastModule", "bin", s_output.Parent!.Name, s_output.Name, "LeastModule.dll");

    /// <summary>The module as <c>build.ps1</c> leaves it.</summary>
    public static string Module { get; } = Path.Combine(Layout.Root, "out", "McpProgress", "McpProgress.psd1");

    /// <summary>The module's sample server, to be started with <c>dotnet</c>.</summary>
    public static string SampleServer { get; } = Path.Combine(Layout.Root, "out", "McpProgress", "bin", "mcpprogress-server.dll");

    public static string Mcporter { get; } = Layout.Package("mcporter", "dist", "cli.js");

    public static string Inspector { get; } = Layout.Package("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js");

    /// <summary>This program, for what is to be measured in a process of its own.</summary>
    public static string Self { get; } = Environment.ProcessPath!;

    public static string Pwsh { get; } = Layout.Executable("pwsh");

    public static string PwshVersion => Ask(Pwsh, "-NoProfile", "-Command", "\"$($PSVersionTable.PSVersion)\"");

    public static string NodeVersion => Ask(Node.Path, "--version").TrimStart('v');

    public static string ReportFile { get; } = Path.Combine(Layout.Root, "docs", "benchmarks.md");

    /// <summary>A script of bench/peers.</summary>
    public static string Peer(string name) => Path.Combine(Layout.Root, "bench", "peers", name);

    /// <summary>A text as PowerShell takes it literally.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Says what is missing before anything is measured.</summary>
    public static void EnsurePresent()
    {
        string? missing = !File.Exists(Module) ? "The module is not built: run ./build.sh build." : Node.MissingReason;
        if (missing is not null)
        {
            throw new InvalidOperationException(missing);
        }
    }

    private static string Ask(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return answer.Trim();
    }
}
