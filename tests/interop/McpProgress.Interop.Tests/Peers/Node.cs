using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace McpProgress.Interop;

/// <summary>The Node.js that runs the peers, and why they cannot be run where there is none.</summary>
internal static class Node
{
    /// <summary>What the newest of the locked packages ask for.</summary>
    private const int OldestMajor = 24;

    /// <summary>The executable: the one that npm installed with the packages, else the one on the PATH.</summary>
    public static string Path { get; } = FindInstalled() ?? "node";

    /// <summary>Null when the peers can be run.</summary>
    public static string? MissingReason { get; } = FindMissing();

    private static string? FindInstalled()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        string architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        string path = Layout.Package($"node-{system}-{architecture}", "bin", Layout.Executable("node"));
        return File.Exists(path) ? path : null;
    }

    private static string? FindMissing()
    {
        if (!File.Exists(Layout.Package("@modelcontextprotocol", "sdk", "package.json")))
        {
            return "The peers are not installed: run 'npm ci' in tests/interop.";
        }

        return Major() is >= OldestMajor ? null : $"Node.js {OldestMajor} or newer was not found.";
    }

    private static int? Major()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(Path, "--version") { RedirectStandardOutput = true })!;
            string version = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return int.Parse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
