using McpProgress.Core.Connections;

namespace McpProgress.Core.Tasks;

/// <summary>The connection that a piece of background work goes over. A new connection to the same server can take the place of a lost one.</summary>
internal sealed class ConnectionSlot(ServerConnection connection)
{
    private readonly object _lock = new();
    private TaskCompletionSource _replaced = New();
    private bool _failing;

    /// <summary>The connection now.</summary>
    public ServerConnection Current { get; private set; } = connection;

    /// <summary>Whether the connection has ended, so that only a new one helps.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_lock)
            {
                return Current.Status != ConnectionStatus.Connected;
            }
        }
    }

    /// <summary>Whether another connection would be welcome. Over HTTP one can stand although nothing gets through.</summary>
    public bool IsLost
    {
        get
        {
            lock (_lock)
            {
                return _failing || Current.Status != ConnectionStatus.Connected;
            }
        }
    }

    /// <summary>Notes whether the last request over a connection got through.</summary>
    public void Report(ServerConnection connection, bool failing)
    {
        lock (_lock)
        {
            if (Current == connection)
            {
                _failing = failing;
            }
        }
    }

    /// <summary>Puts another connection in, and lets those go on who wait for one.</summary>
    public void Replace(ServerConnection connection)
    {
        TaskCompletionSource replaced;
        lock (_lock)
        {
            Current = connection;
            _failing = false;
            replaced = _replaced;
            _replaced = New();
        }

        replaced.TrySetResult();
    }

    /// <summary>Completes when the connection was replaced.</summary>
    public Task ReplacedAsync(ServerConnection lost)
    {
        lock (_lock)
        {
            return Current == lost ? _replaced.Task : Task.CompletedTask;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
