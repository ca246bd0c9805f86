using System.Text.Json.Nodes;

namespace McpProgress.Core.Connections;

/// <summary>
/// The one <c>subscriptions/listen</c> request of a connection (revision 2026-07-28). When what is wanted changes it is
/// sent anew, at most a few times a second however many tasks come and go. Nothing depends on it: it only spares polling.
/// </summary>
internal sealed class Subscription(
    Func<ICollection<string>> taskIds, Func<JsonObject, CancellationToken, Task> listenAsync, TimeProvider time, CancellationToken closing)
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

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
        try
        {
            await Task.Delay(Settle, time, closing).ConfigureAwait(false);
            CancellationToken stop;
            lock (_lock)
            {
                _scheduled = false;
                _listening?.Cancel();
                _listening = CancellationTokenSource.CreateLinkedTokenSource(closing);
                stop = _listening.Token;
            }

            await listenAsync(new JsonObject { ["notifications"] = Wanted() }, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is McpFailureException or OperationCanceledException)
        {
            // Replaced, closed, or not offered by this server: polling and the time to live do without it.
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
