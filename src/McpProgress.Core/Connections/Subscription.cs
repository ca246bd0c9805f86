using System.Text.Json.Nodes;

namespace McpProgress.Core.Connections;

/// <summary>
/// The one <c>subscriptions/listen</c> request of a connection (revision 2026-07-28). When what is wanted changes it is
/// sent anew, at most a few times a second however many tasks come and go; and when it breaks, with a delay that grows.
/// Nothing depends on it: it only spares polling.
/// </summary>
/// <param name="taskIds">The tasks whose changes are wanted.</param>
/// <param name="listenAsync">Sends the request, and returns when it is over.</param>
/// <param name="broken">Told that it is over, with the failure if it was one; says whether there is sense in another.</param>
/// <param name="time">The clock.</param>
/// <param name="closing">Fires when the connection closes.</param>
internal sealed class Subscription(
    Func<ICollection<string>> taskIds, Func<JsonObject, CancellationToken, Task> listenAsync, Func<McpFailureException?, bool> broken, TimeProvider time, CancellationToken closing)
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly object _lock = new();
    private CancellationTokenSource? _listening;
    private bool _scheduled;

    /// <summary>Whether changes of the tool list are wanted.</summary>
    public bool WantsTools { get; set; }

    /// <summary>Sends the subscription anew, soon.</summary>
    public void Refresh()
    {
        lock (_lock)
        {
            if (_scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        CancellationTokenSource? listening = null;
        try
        {
            await Task.Delay(Settle, time, closing).ConfigureAwait(false);
            listening = CancellationTokenSource.CreateLinkedTokenSource(closing);
            lock (_lock)
            {
                _scheduled = false;
                _ = _listening?.CancelAsync();
                _listening = listening;
            }

            await ListenAsync(listening.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Replaced, or closed.
        }
        finally
        {
            lock (_lock)
            {
                _listening = _listening == listening ? null : _listening;

                // Linked to one that lives as long as the connection, which would keep it.
                listening?.Dispose();
            }
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        TimeSpan delay = ShortestDelay;
        while (true)
        {
            long started = time.GetTimestamp();
            McpFailureException? failure = null;
            try
            {
                await listenAsync(new JsonObject { ["notifications"] = Wanted() }, stop).ConfigureAwait(false);
            }
            catch (McpFailureException caught)
            {
                failure = caught;
            }

            stop.ThrowIfCancellationRequested();
            if (!broken(failure))
            {
                return;
            }

            delay = time.GetElapsedTime(started) > LongestDelay ? ShortestDelay : delay;
            await Task.Delay(delay, time, stop).ConfigureAwait(false);
            delay = 2 * delay < LongestDelay ? 2 * delay : LongestDelay;
        }
    }

    private JsonObject Wanted()
    {
        var wanted = new JsonObject();
        if (WantsTools)
        {
            wanted["toolsListChanged"] = true;
        }

        if (taskIds() is { Count: > 0 } ids)
        {
            wanted["taskIds"] = new JsonArray([.. ids.Select(id => (JsonNode?)id)]);
        }

        return wanted;
    }
}
