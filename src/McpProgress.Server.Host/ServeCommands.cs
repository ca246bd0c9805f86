using System.Text.Json;
using McpProgress.Server;
using McpProgress.Server.Http;
using McpProgress.Server.Stdio;

namespace McpProgress.Server.Host;

/// <summary>The commands that serve until they are told to end.</summary>
internal static class ServeCommands
{
    /// <summary>Serves standard input and output.</summary>
    public static async Task<int> StdioAsync(ServeOptions options)
    {
        using var stop = StopSignals.ListenAsChild();
        using var loggers = StandardErrorLog.Create();

        var tasks = options.OpenTasks(loggers);
        await using var closing = tasks as IAsyncDisposable;

        // The raw streams: Console.In and Console.Out would decode, buffer and synchronize once more.
        await using var input = StandardStreams.OpenInput();
        await using var output = StandardStreams.OpenOutput();
        await StdioToolServer.RunAsync(options.ToTools(tasks), input, output, loggers, stop.Token).ConfigureAwait(false);
        return CommandLine.Success;
    }

    /// <summary>Serves HTTP.</summary>
    public static async Task<int> HttpAsync(ServeOptions options)
    {
        using var stop = options.ExitWithStdin ? StopSignals.ListenAsChild() : StopSignals.Listen();
        using var loggers = StandardErrorLog.Create();
        var http = new HttpServerOptions
        {
            Host = options.Host,
            Token = Environment.GetEnvironmentVariable(ServeOptions.TokenVariable),
        };
        var tasks = options.OpenTasks(loggers);
        await using var closing = tasks as IAsyncDisposable;
        KestrelHost host;
        try
        {
            host = await KestrelHost.StartAsync(options.ToTools(tasks), http, options.Port, loggers).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is ArgumentException or IOException)
        {
            throw new FailureException($"Cannot serve HTTP: {failure.Message}", failure);
        }

        await using (host)
        {
            var ready = new { url = host.Url, port = host.Port, pid = Environment.ProcessId };
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(ready)).ConfigureAwait(false);
            if (options.ExitWithStdin)
            {
                stop.StopAtEndOf(Console.OpenStandardInput());
            }

            await stop.WaitAsync().ConfigureAwait(false);
        }

        return CommandLine.Success;
    }
}
