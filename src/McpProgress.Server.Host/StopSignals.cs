using System.Runtime.InteropServices;

namespace McpProgress.Server.Host;

/// <summary>Waits for the wish to end: Ctrl+C, SIGTERM, or the end of a stream.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    private StopSignals(bool endOnInterrupt) => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, endOnInterrupt ? OnSignal : static context => context.Cancel = true),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Starts listening. A second signal ends the process at once.</summary>
    public static StopSignals Listen() => new(endOnInterrupt: true);

    /// <summary>
    /// Starts listening in a server whose life follows its standard input. Ctrl+C at a terminal reaches every process
    /// there, and a client's user who presses it means the call, not the server: the client ends the server by closing
    /// the input. Only where the input is the terminal itself does Ctrl+C mean the server.
    /// </summary>
    public static StopSignals ListenAsChild() => new(endOnInterrupt: !Console.IsInputRedirected);

    /// <summary>Takes the end of a stream for a signal.</summary>
    public void StopAtEndOf(Stream stream) => _ = Task.Factory.StartNew(
        () =>
        {
            Span<byte> ignored = stackalloc byte[256];
            try
            {
                while (stream.Read(ignored) > 0)
                {
                }
            }
            catch (IOException)
            {
                // Unreadable is as good as ended.
            }

            _stop.Cancel();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Completes with the first signal.</summary>
    public async Task WaitAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = Token.Register(stopped.SetResult).ConfigureAwait(false);
        await stopped.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        // Not the source: the thread that waits for the end of a stream may still cancel it.
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
