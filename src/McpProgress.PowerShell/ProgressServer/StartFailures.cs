using McpProgress.Core;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>Says why the server executable did not start, and what to do about it.</summary>
internal static class StartFailures
{
    /// <summary>The port cannot be listened on.</summary>
    public static McpFailureException PortInUse(int port, Exception? cause = null) => new(
        ErrorIds.ServerStartFailed, $"Port {port} is in use by another program, or may not be listened on. Choose another one with -Port; 0 takes a free one.", cause);

    /// <summary>The executable ended, or said something else than where it listens.</summary>
    /// <param name="port">The port it was to listen on.</param>
    /// <param name="exitCode">Its exit code; null while it runs.</param>
    /// <param name="errors">What it wrote to the standard error.</param>
    public static McpFailureException Explain(int port, int? exitCode, string errors)
    {
        return errors.Contains("address already in use", StringComparison.OrdinalIgnoreCase) || errors.Contains(PortInUse(port).Message, StringComparison.Ordinal)
            ? PortInUse(port)
            : new McpFailureException(
                ErrorIds.ServerStartFailed,
                $"The server ended with exit code {exitCode} before it listened. The last it wrote to standard error:{Environment.NewLine}{errors}");
    }

    /// <summary>Whether an error output is that of <c>dotnet</c> without a fitting runtime (its exit code differs by platform).</summary>
    public static bool IsMissingRuntime(string errors) =>
        errors.Contains("You must install", StringComparison.OrdinalIgnoreCase) || errors.Contains("hostfxr", StringComparison.OrdinalIgnoreCase);
}
