namespace McpProgress.Server.Http;

/// <summary>How reading a body came out.</summary>
internal enum BodyOutcome
{
    /// <summary>All of it is there.</summary>
    Complete,

    /// <summary>It is larger than a body may be.</summary>
    TooLarge,

    /// <summary>Other bodies have all the room there is.</summary>
    NoRoom,
}

/// <summary>Reads the body of one request, to keep it or to be rid of it, and knows whether all of it has come.</summary>
/// <remarks>
/// A read of <see cref="System.Net.HttpListener"/> heeds no token and waits for the client as long as that likes. So
/// nothing here waits for a read, only for its end or the token's; a read that is left goes on, for whoever comes next.
/// </remarks>
internal sealed class BodyReader(Stream body)
{
    private const int SmallPage = 4096;
    private const int LargePage = 16 * 1024;

    // What is read away at once: more than a client sends that did not mean to send much.
    private const int PagesAtOnce = 16;

    private byte[] _page = new byte[SmallPage];
    private Task<int>? _reading;
    private bool _pageWasFull;

    /// <summary>Whether the body was read to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Reads the body, or as much of it as may be kept.</summary>
    public async ValueTask<BodyOutcome> ReadAsync(BodyStore store, CancellationToken cancelled)
    {
        while (await NextAsync(cancelled).ConfigureAwait(false) is > 0 and var read)
        {
            if (store.Add(_page.AsSpan(0, read)) is not BodyOutcome.Complete and var refused)
            {
                return refused;
            }
        }

        return BodyOutcome.Complete;
    }

    /// <summary>Reads away what has come, and waits for nothing. True when that was the rest of it.</summary>
    public bool DiscardArrived()
    {
        for (var page = 0; page < PagesAtOnce && !IsComplete; page++)
        {
            Task<int> reading = Reading();
            if (!reading.IsCompletedSuccessfully)
            {
                return false;
            }

            Take(reading.Result);
        }

        return IsComplete;
    }

    /// <summary>Reads the rest away. False when it did not come before <paramref name="cancelled"/>, or will not.</summary>
    public async ValueTask<bool> DiscardAsync(CancellationToken cancelled)
    {
        try
        {
            while (await NextAsync(cancelled).ConfigureAwait(false) > 0)
            {
            }

            return true;
        }
#pragma warning disable CA1031 // The web servers throw whatever they like when a client has gone.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The read that was left ends with the connection, and nobody is there to hear how.
            _ = _reading?.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return false;
        }
    }

    private async ValueTask<int> NextAsync(CancellationToken cancelled) =>
        IsComplete ? 0 : Take(await Reading().WaitAsync(cancelled).ConfigureAwait(false));

    // The read that is under way, or the next one. One that failed stays: there is none after it.
    private Task<int> Reading()
    {
        if (_reading is null && _pageWasFull && _page.Length < LargePage)
        {
            _page = new byte[LargePage];
        }

        return _reading ??= body.ReadAsync(_page, CancellationToken.None).AsTask();
    }

    private int Take(int read)
    {
        _reading = null;
        _pageWasFull = read == _page.Length;
        IsComplete = read == 0;
        return read;
    }
}
