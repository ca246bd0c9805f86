using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
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
    /// <param name="parameters">The further parameters of <c>Start-McpProgressServer</c>, as PowerShell reads them.</param>
    public static StdioEndpoint PowerShell(string parameters)
    {
        string home = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;
        string manifest = Path.Combine(Path.GetDirectoryName(Folder)!, "McpProgress.psd1");
        return new StdioEndpoint(
            Path.Combine(home, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh"),
            ["-NoProfile", "-NonInteractive", "-Command", $"Import-Module {Quoted(manifest)}; Start-McpProgressServer -Stdio {parameters}"]);
    }

    /// <summary>A text as a PowerShell literal.</summary>
    public static string Quoted(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    /// <summary>A number as every culture's command line takes it.</summary>
    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
