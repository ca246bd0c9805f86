using System.Text.Json;
using McpProgress.Server.Http;
using McpProgress.Server.Stdio;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Host;

/// <summary>The commands that serve until they are told to end.</summary>
internal static class ServeCommands
{
    /// <summary>Serves standard input and output.</summary>
    public static async Task<int> StdioAsync(ServeOptions options)
    {
        using var stop = StopSignals.ListenAsChild();
        using var loggers = CreateLoggers();

        var tasks = options.OpenTasks();
        await using var closing = tasks as IAsyncDisposable;

        // The raw streams: Console.In and Console.Out would decode, buffer and synchronize once more.
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        await StdioToolServer.RunAsync(options.ToTools(tasks), input, output, loggers, stop.Token).ConfigureAwait(false);
        return CommandLine.Success;
    }

    /// <summary>Serves HTTP.</summary>
    public static async Task<int> HttpAsync(ServeOptions options)
    {
        using var stop = options.ExitWithStdin ? StopSignals.ListenAsChild() : StopSignals.Listen();
        using var loggers = CreateLoggers();
        var http = new HttpServerOptions
        {
            Host = options.Host,
            Token = Environment.GetEnvironmentVariable(ServeOptions.TokenVariable),
        };
        var tasks = options.OpenTasks();
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

    // Standard output belongs to the protocol: the log goes to standard error, all of it.
    internal static ILoggerFactory CreateLoggers() => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("McpProgress", LogLevel.Information)

        // The SDK reports every request it refuses, such as an unknown tool, as an error with a stack trace; the client
        // is told, and what tools do wrong is logged here.
        .AddFilter("ModelContextProtocol", LogLevel.Critical)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        })
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
