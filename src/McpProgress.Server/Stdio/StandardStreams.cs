using Microsoft.Win32.SafeHandles;

namespace McpProgress.Server.Stdio;

/// <summary>This process's standard streams as a server needs them.</summary>
public static class StandardStreams
{
    private const int StandardOutput = 1;

    /// <summary>Standard input, undecoded.</summary>
    public static Stream OpenInput() => Console.OpenStandardInput();

    /// <summary>Standard output, undecoded; writing to it fails once nobody reads it.</summary>
    /// <remarks>
    /// The console's own stream hides that: it takes a broken pipe for success, so that a server would go on working for
    /// no one. On Windows there is nothing but that stream, and the server ends with its input.
    /// </remarks>
    public static Stream OpenOutput() => OperatingSystem.IsWindows()
        ? Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
}
