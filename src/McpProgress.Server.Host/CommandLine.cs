using System.Reflection;

namespace McpProgress.Server.Host;

/// <summary>From the arguments to a command, and to the process's exit code.</summary>
internal static class CommandLine
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>The command was understood and failed.</summary>
    public const int Failure = 1;

    /// <summary>The command was not understood.</summary>
    public const int Misuse = 2;

    /// <summary>The help text.</summary>
    public const string Help = """
        mcpprogress-server: an MCP server whose tools show every shape of progress.

        Usage:
          mcpprogress-server stdio [--speed N] [--progress-rate N] [--task-store memory|file:PATH]
              Serves over standard input and output, for a client that starts this process.

          mcpprogress-server http [--host 127.0.0.1] [--port 0] [--speed N] [--progress-rate N]
                                  [--task-store memory|file:PATH] [--exit-with-stdin]
              Serves Streamable HTTP at /mcp and prints one line of JSON with url, port and pid once it listens.
              Clients must carry the bearer token of the environment variable MCPPROGRESS_TOKEN, if it is set;
              off loopback it must be set.

          mcpprogress-server demo [--speed N]
              Starts itself, calls its tools over stdio and prints their progress.

          mcpprogress-server call <tool> [key=value ...] [--uri URL] [--speed N]
              Calls one tool, of the server at URL or of this one, and prints its progress and result.
              A list or an object is given as JSON; what a word or number becomes, the tool's schema says.
              For a server at URL, the bearer token comes from MCPPROGRESS_TOKEN.

          mcpprogress-server --help | --version

        Options:
          --host ADDRESS       The address to listen on (127.0.0.1).
          --port N             The port to listen on; 0 (the default) takes a free one.
          --speed N            Divides every delay of the sample tools by N (1).
          --progress-rate N    Sends at most N progress updates a second and call; 0 sends every one (20).
          --task-store STORE   Keeps tasks in memory, or in a file, where they outlive this process (memory).
          --exit-with-stdin    Ends when standard input ends, and so with the process that started this one.
        """;

    /// <summary>Runs what the arguments ask for.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return args.FirstOrDefault() switch
            {
                "stdio" => await ServeCommands.StdioAsync(ServeOptions.ForStdio(args[1..])).ConfigureAwait(false),
                "http" => await ServeCommands.HttpAsync(ServeOptions.ForHttp(args[1..])).ConfigureAwait(false),
                "demo" => await DemoCommand.RunAsync(args[1..]).ConfigureAwait(false),
                "call" => await CallCommand.RunAsync(args[1..]).ConfigureAwait(false),
                "--help" or "-h" or "-?" => await PrintAsync(Help).ConfigureAwait(false),
                "--version" => await PrintAsync(Version).ConfigureAwait(false),
                null => throw new MisuseException("Say what to do: stdio, http, demo or call."),
                var other => throw new MisuseException($"There is no command '{other}'."),
            };
        }
        catch (MisuseException misuse)
        {
            await Console.Error.WriteLineAsync($"{misuse.Message} See mcpprogress-server --help.").ConfigureAwait(false);
            return Misuse;
        }
        catch (FailureException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message).ConfigureAwait(false);
            return Failure;
        }
    }

    private static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static async Task<int> PrintAsync(string text)
    {
        await Console.Out.WriteLineAsync(text).ConfigureAwait(false);
        return Success;
    }
}

/// <summary>The arguments make no sense; the message says which and why.</summary>
internal sealed class MisuseException(string message) : Exception(message);

/// <summary>The command failed; the message says why and what to do.</summary>
internal sealed class FailureException(string message, Exception? innerException = null) : Exception(message, innerException);
