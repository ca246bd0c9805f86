using System.Management.Automation;
using McpProgress.Core.Connections;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>The programs that can be the server's process.</summary>
internal static class ServerProgram
{
    /// <summary>Set for a PowerShell that was started to be the server itself.</summary>
    public const string ServeHereVariable = "MCPPROGRESS_SERVE_HERE";

    /// <summary>The server executable, serving HTTP until its standard input ends.</summary>
    /// <param name="dotnet">The full path of the <c>dotnet</c> command.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="speed">What the delays of the sample tools are divided by.</param>
    /// <param name="taskStore">The file tasks are kept in; null keeps them in memory.</param>
    public static StdioEndpoint ExecutableHttp(string dotnet, int port, double speed, string? taskStore) =>
        Executable(dotnet, ["http", "--port", Literal.Of(port), "--speed", Literal.Of(speed), "--exit-with-stdin", .. TaskOption(taskStore)]);

    /// <summary>The server executable, serving the sample tools over stdio.</summary>
    public static StdioEndpoint ExecutableStdio(string dotnet, double speed, string? taskStore) =>
        Executable(dotnet, ["stdio", "--speed", Literal.Of(speed), .. TaskOption(taskStore)]);

    /// <summary>This PowerShell, serving over stdio: slower to start than the executable, and always there.</summary>
    /// <param name="script">Ends in <c>Start-McpProgressServer -Stdio</c>.</param>
    public static StdioEndpoint PowerShell(string script) => Shell(script);

    /// <summary>This PowerShell, serving the sample tools over HTTP as the executable does.</summary>
    public static StdioEndpoint PowerShellHttp(int port, double speed, string? taskStore)
    {
        StdioEndpoint shell = Shell($$"""
            trap { [Console]::Error.WriteLine("$_"); exit 1 }
            $token = if ($env:{{HttpServerProcess.TokenVariable}}) { @{ Token = ConvertTo-SecureString $env:{{HttpServerProcess.TokenVariable}} -AsPlainText } } else { @{} }
            $server = Start-McpProgressServer -Http -Port {{port}} -Speed {{Literal.Of(speed)}}{{TaskParameter(taskStore)}} @token
            [Console]::Out.WriteLine((ConvertTo-Json @{ url = "$($server.Uri)" } -Compress))
            $null = [Console]::In.ReadToEnd()
            """);
        return shell with { Environment = new Dictionary<string, string?> { [ServeHereVariable] = "1" } };
    }

    /// <summary>The parameter that keeps tasks in a file, to append to <c>Start-McpProgressServer</c>; empty for memory.</summary>
    public static string TaskParameter(string? taskStore) => taskStore is null ? "" : $" -TaskStore {Literal.Of(taskStore)}";

    // The server executable that comes with the module.
    private static StdioEndpoint Executable(string dotnet, string[] arguments) =>
        new(dotnet, [Path.Combine(ModuleFolder.Bin, "mcpprogress-server.dll"), .. arguments]);

    private static string[] TaskOption(string? taskStore) => taskStore is null ? [] : ["--task-store", $"file:{taskStore}"];

    private static StdioEndpoint Shell(string script)
    {
        string home = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;
        string manifest = Path.Combine(ModuleFolder.Root, "McpProgress.psd1");
        string[] arguments = ["-NoProfile", "-NonInteractive", "-Command", $"Import-Module {Literal.Of(manifest)}; {script}"];
        string launcher = Path.Combine(home, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh");

        // The .NET tool has no launcher: there, this very process is "dotnet pwsh.dll".
        return File.Exists(launcher) ? new(launcher, arguments) : new(Environment.ProcessPath!, [Path.Combine(home, "pwsh.dll"), .. arguments]);
    }
}
