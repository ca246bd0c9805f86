using System.Threading.Channels;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Server.Host;

/// <summary>Makes calls over one connection and prints how they go, in the order of the wire.</summary>
internal sealed class CallPrinter : IAsyncDisposable
{
    private readonly ServerConnection _connection;
    private readonly TextWriter _output;

    // A slow terminal must not slow the reader, so lines wait here.
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly Task _printing;

    public CallPrinter(ServerConnection connection, TextWriter output)
    {
        _connection = connection;
        _output = output;
        _printing = PrintAsync();
        connection.LogReceived += message => _lines.Writer.TryWrite(ProgressText.Of(message));
    }

    /// <summary>Prints a line in its place.</summary>
    public void Print(string line) => _lines.Writer.TryWrite(line);

    /// <summary>Makes a call and prints its progress and its result.</summary>
    /// <returns>Whether the tool succeeded.</returns>
    /// <exception cref="McpFailureException">There is no result.</exception>
    public async Task<bool> CallAsync(ToolCallRequest call, CancellationToken cancelled)
    {
        var result = await _connection.CallToolAsync(call with { Observer = new Observer(_lines.Writer, call.Observer) }, cancelled).ConfigureAwait(false);
        Print(ProgressText.Of(result));
        return !result.IsError;
    }

    /// <summary>Prints what still waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _printing.ConfigureAwait(false);
    }

    private async Task PrintAsync()
    {
        await foreach (var line in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await _output.WriteLineAsync(line).ConfigureAwait(false);
        }

        await _output.FlushAsync().ConfigureAwait(false);
    }

    private sealed class Observer(ChannelWriter<string> lines, IProgressObserver? next) : IProgressObserver
    {
        public void OnProgress(in ProgressUpdate update)
        {
            lines.TryWrite(ProgressText.Of(update));
            next?.OnProgress(update);
        }
    }
}
