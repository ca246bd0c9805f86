using McpProgress.Core.Connections;

namespace McpProgress.Core.Tasks;

/// <summary>The connection that a piece of background work goes over. A new connection to the same server can take the place of a lost one.</summary>
internal sealed class ConnectionSlot(ServerConnection connection)
{
    private readonly object _lock = new();
    private TaskCompletionSource<ServerConnection>? _waiting;

    /// <summary>The connection now.</summary>
    public ServerConnection Current { get; private set; } = connection;

    /// <summary>Puts another connection in, and lets those go on who wait for one.</summary>
    public void Replace(ServerConnection connection)
    {
        TaskCompletionSource<ServerConnection>? waiting;
        lock (_lock)
        {
            Current = connection;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.TrySetResult(connection);
    }

    /// <summary>Waits until the lost connection was replaced.</summary>
    public Task WaitForReplacementAsync(ServerConnection lost, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Current != lost)
            {
                return Task.CompletedTask;
            }

            _waiting ??= new TaskCompletionSource<ServerConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task.WaitAsync(cancellationToken);
        }
    }
}
