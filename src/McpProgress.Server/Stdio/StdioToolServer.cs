using McpProgress.Server.Protocol;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Stdio;

/// <summary>Serves tools to one client over a pair of streams, such as this process's own standard input and output.</summary>
public static class StdioToolServer
{
    // A client that pipes its requests in and closes gets its quick answers; a client that is gone waits for no one.
    private static readonly TimeSpan EndGrace = TimeSpan.FromMilliseconds(250);

    // What was sent is given so long to get through a pipe that nobody may be reading.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    // A tool that ignores its cancellation does not keep the server alive.
    private static readonly TimeSpan ToolGrace = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Serves until the input ends, the output breaks or <paramref name="cancellationToken"/> is cancelled. Tools still
    /// running then are cancelled. The streams stay open; a read of the input may still be pending on return where the
    /// stream cannot cancel it.
    /// </summary>
    /// <param name="options">The tools and how they are served.</param>
    /// <param name="input">Where the client's messages come from, one a line.</param>
    /// <param name="output">Where the answers go. Nobody else may write to it.</param>
    /// <param name="loggers">Where the server's own log goes; never the output.</param>
    /// <param name="cancellationToken">Ends the server.</param>
    /// <param name="clientGone">Told when the input has ended or the output has broken; tools may still run then.</param>
    public static async Task RunAsync(
        ToolServerOptions options, Stream input, Stream output, ILoggerFactory loggers, CancellationToken cancellationToken, Action? clientGone = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var transport = new StdioTransport(input, output, loggers.CreateLogger("McpProgress.Server.Stdio"));
        await using var protocol = new ToolProtocol(options, loggers);
        await using var session = protocol.Open(transport, isSingleRequest: false);
        transport.Session = session;

        // A console's read blocks its thread and cannot be cancelled, so it gets a thread of its own and is not awaited.
        var reading = Task.Factory.StartNew(
            () => transport.ReadToEndAsync(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        var serving = session.Server.RunAsync(stop.Token);

        await Task.WhenAny(reading, transport.OutputBroken, WhenCancelled(stop.Token)).ConfigureAwait(false);
        if (!stop.IsCancellationRequested)
        {
            clientGone?.Invoke();
        }

        if (reading.IsCompleted && !transport.OutputBroken.IsCompleted)
        {
            await Task.WhenAny(transport.IdleAfterEnd, Task.Delay(EndGrace, stop.Token)).ConfigureAwait(false);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        var drained = transport.CloseOutputAsync();
        await WithinAsync(serving, ToolGrace).ConfigureAwait(false);
        await WithinAsync(drained, DrainGrace).ConfigureAwait(false);
    }

    private static Task WhenCancelled(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), cancelled);
        return cancelled.Task;
    }

    private static async Task WithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            // Bounded on purpose: the server ends now, with or without a stuck tool or reader.
        }
    }
}
