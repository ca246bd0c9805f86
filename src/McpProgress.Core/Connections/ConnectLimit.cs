namespace McpProgress.Core.Connections;

/// <summary>How long a handshake may take. The clock stands still while a user signs in, and starts anew behind it.</summary>
internal sealed class ConnectLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _limit;
    private bool _disposed;

    public ConnectLimit(TimeSpan limit, CancellationToken cancellationToken)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _source.Token;
        Restart();
    }

    /// <summary>Fires when the limit is over, or when the user gives up.</summary>
    public CancellationToken Token { get; }

    /// <summary>Lets the clock start anew.</summary>
    public void Restart() => Set(_limit);

    /// <summary>Lets the clock stand still.</summary>
    public void Stop() => Set(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_source)
        {
            _disposed = true;
            _source.Dispose();
        }
    }

    // A sign-in that was given up ends on its own thread, perhaps when nobody connects any more.
    private void Set(TimeSpan left)
    {
        lock (_source)
        {
            if (!_disposed)
            {
                _source.CancelAfter(left);
            }
        }
    }
}
