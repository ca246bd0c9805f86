using System.Globalization;
using System.Management.Automation;
using McpProgress.Core.Connections;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>The programs that can be the server's process.</summary>
internal static class ServerProgram
{
    private static readonly string Folder = Path.GetDirectoryName(typeof(ServerProgram).Assembly.Location)!;

    /// <summary>The server executable that comes with the module.</summary>
    /// <param name="dotnet">The full path of the <c>dotnet</c> command.</param>
    /// <param name="arguments">The executable's arguments.</param>
    public static StdioEndpoint Executable(string dotnet, params string[] arguments) =>
        new(dotnet, [Path.Combine(Folder, "mcpprogress-server.dll"), .. arguments]);

    /// <summary>This PowerShell, serving over stdio: slower to start than the executable, and always there.</summary>
    public static StdioEndpoint PowerShell(double speed)
    {
        string home = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;
        string manifest = Path.Combine(Path.GetDirectoryName(Folder)!, "McpProgress.psd1").Replace("'", "''", StringComparison.Ordinal);
        return new StdioEndpoint(
            Path.Combine(home, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh"),
            ["-NoProfile", "-NonInteractive", "-Command", $"Import-Module '{manifest}'; Start-McpProgressServer -Stdio -Speed {Text(speed)}"]);
    }

    /// <summary>A number as every culture's command line takes it.</summary>
    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
