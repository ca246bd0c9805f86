using System.Text.RegularExpressions;
using McpProgress.Core;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>Says why the server executable did not start, and what to do about it.</summary>
internal static partial class StartFailures
{
    private const string HowToGet =
        "Install the ASP.NET Core Runtime 8.0 or newer from https://dotnet.microsoft.com/download. Start-McpProgressServer -Stdio works without it.";

    /// <summary>There is no <c>dotnet</c> command.</summary>
    public static McpFailureException NoDotnet() => new(
        ErrorIds.ServerStartFailed, $"The server needs the ASP.NET Core runtime, and the command 'dotnet' was not found on PATH. {HowToGet}");

    /// <summary>The executable ended, or said something else than where it listens.</summary>
    /// <param name="port">The port it was to listen on.</param>
    /// <param name="exitCode">Its exit code; null while it runs.</param>
    /// <param name="errors">What it wrote to the standard error.</param>
    public static McpFailureException Explain(int port, int? exitCode, string errors)
    {
        string reason = IsMissingRuntime(errors)
            ? $"The server needs the {MissingFramework(errors)}, which this machine does not have. {HowToGet}"
            : errors.Contains("address already in use", StringComparison.OrdinalIgnoreCase)
                ? $"Port {port} is in use by another program. Choose another one with -Port; 0 takes a free one."
                : $"The server ended with exit code {exitCode} before it listened. The last it wrote to standard error:{Environment.NewLine}{errors}";
        return new McpFailureException(ErrorIds.ServerStartFailed, reason);
    }

    /// <summary>Whether an error output is that of <c>dotnet</c> without a fitting runtime (its exit code differs by platform).</summary>
    public static bool IsMissingRuntime(string errors) =>
        errors.Contains("You must install", StringComparison.OrdinalIgnoreCase) || errors.Contains("hostfxr", StringComparison.OrdinalIgnoreCase);

    private static string MissingFramework(string errors) =>
        Framework().Match(errors) is { Success: true } match
            ? $"runtime {match.Groups["name"].Value} {match.Groups["version"].Value} or newer"
            : "runtime Microsoft.AspNetCore.App 8.0.0 or newer";

    [GeneratedRegex("Framework: '(?<name>[^']+)', version '(?<version>[^']+)'")]
    private static partial Regex Framework();
}
