using System.Collections.Concurrent;
using System.Management.Automation;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Progress;

/// <summary>Brings a server's log messages to the streams of the cmdlet that is calling it, except those that belong to a job.</summary>
internal sealed class LogRelay : IDisposable
{
    /// <summary>A server that logs faster than a console prints must not fill the memory.</summary>
    private const int MostWaiting = 10_000;

    private readonly Cmdlet _cmdlet;
    private readonly PipelinePump _pump;
    private readonly ServerConnection _connection;
    private readonly Lazy<ConcurrentQueue<ServerLogMessage>> _logged = new();
    private int _requested;
    private long _dropped;

    public LogRelay(Cmdlet cmdlet, PipelinePump pump, ServerConnection connection)
    {
        _cmdlet = cmdlet;
        _pump = pump;
        _connection = connection;
        connection.LogReceived += Take;
    }

    /// <summary>Writes what waits. Pipeline thread only.</summary>
    public void Write()
    {
        Volatile.Write(ref _requested, 0);
        while (_logged.IsValueCreated && _logged.Value.TryDequeue(out ServerLogMessage? message))
        {
            Write(message);
        }

        long dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
        {
            _cmdlet.WriteWarning($"{dropped} log messages of server '{_connection.Name}' were dropped: they came faster than they could be shown.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.LogReceived -= Take;

    private void Take(ServerLogMessage message)
    {
        if (message.IsRelated && BackgroundTasks.OwnerOf(_connection, message) is not null)
        {
            return;
        }

        ConcurrentQueue<ServerLogMessage> waiting = _logged.Value;
        if (waiting.Count >= MostWaiting)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        waiting.Enqueue(message);
        if (Interlocked.Exchange(ref _requested, 1) == 0)
        {
            _pump.Post(Write);
        }
    }

    private void Write(ServerLogMessage message)
    {
        string text = TerminalText.Clean(message.Text, keepLines: true);
        string line = message.Logger is { Length: > 0 } logger ? $"{TerminalText.Clean(logger)}: {text}" : text;
        switch (message.Level)
        {
            case "debug":
                _cmdlet.WriteVerbose(line);
                break;
            case "info" or "notice":
                _cmdlet.WriteInformation(line, ["McpLog"]);
                break;
            default:
                _cmdlet.WriteWarning(line);
                break;
        }
    }
}
