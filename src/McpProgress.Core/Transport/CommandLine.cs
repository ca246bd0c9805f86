using System.Diagnostics;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Transport;

/// <summary>Finds the program of a stdio server and lays out its start, without any shell in between.</summary>
internal static class CommandLine
{
    /// <summary>Turns an endpoint into a process start.</summary>
    /// <exception cref="McpFailureException">McpConnectionFailed: the command or the working directory does not exist.</exception>
    public static ProcessStartInfo Resolve(StdioEndpoint endpoint)
    {
        string folder = Path.GetFullPath(endpoint.WorkingDirectory ?? Environment.CurrentDirectory);
        if (!Directory.Exists(folder))
        {
            throw new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"The working directory '{folder}' does not exist. Create it, or name another one with -WorkingDirectory.");
        }

        string program = Find(endpoint.Command, folder, endpoint.Environment) ?? throw new McpFailureException(
            ErrorIds.ConnectionFailed,
            $"The command '{endpoint.Command}' was not found{(IsPath(endpoint.Command) ? $" in '{folder}'" : " on PATH")}. Check the spelling, install it, or give its full path.");

        var start = new ProcessStartInfo { FileName = program, WorkingDirectory = folder };
        IEnumerable<string> arguments = endpoint.Arguments;
        if (CommandShim.IsBatchFile(program))
        {
            (start.FileName, arguments) = CommandShim.Unwrap(program, endpoint.Arguments, File.ReadAllText, name => Find(name));
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    /// <summary>The full path of a command; null when there is none.</summary>
    public static string? Find(string command, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        if (IsPath(command))
        {
            return Candidates(Path.GetFullPath(command, folder ?? Environment.CurrentDirectory)).FirstOrDefault(IsExecutable);
        }

        string path = environment?.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(entry => Candidates(Path.Combine(entry.Trim('"'), command)))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsPath(string command) =>
        command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static IEnumerable<string> Candidates(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            return [path];
        }

        string[] extensions = (Environment.GetEnvironmentVariable("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> extended = extensions.Select(extension => path + extension);
        return Path.HasExtension(path) ? extended.Prepend(path) : extended;
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) &&
        (OperatingSystem.IsWindows() ||
            (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
