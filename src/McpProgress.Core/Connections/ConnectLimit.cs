namespace McpProgress.Core.Connections;

/// <summary>How long a handshake may take. The clock stands still while a user signs in, and starts anew behind it.</summary>
internal sealed class ConnectLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _limit;
    private bool _disposed;

    public ConnectLimit(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _limit = limit;
        _timer = new CancellationTokenSource(limit, time);
        _source = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
        Token = _source.Token;
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
        lock (_timer)
        {
            _disposed = true;
            _source.Dispose();
            _timer.Dispose();
        }
    }

    // A sign-in that was given up ends on its own thread, perhaps when nobody connects any more.
    private void Set(TimeSpan left)
    {
        lock (_timer)
        {
            if (!_disposed)
            {
                _timer.CancelAfter(left);
            }
        }
    }
}
