using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <summary>
/// Tells a server that a request is over, without making the caller wait for it. Over stdio and in revision 2025-11-25
/// that is <c>notifications/cancelled</c>; over HTTP in revision 2026-07-28 it is the closed response stream
/// (specification, basic/utilities/cancellation).
/// </summary>
internal sealed class WireCancellation(Func<string, JsonObject, CancellationToken, Task> notifyAsync, TimeProvider time)
{
    /// <summary>How long the server may take to take the message.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Task, bool> _underWay = new();

    /// <summary>Starts to cancel one request.</summary>
    /// <param name="request">Its id, where a notification tells the server; null where closing the stream does.</param>
    /// <param name="end">Why.</param>
    /// <param name="answer">Completes once the notification has ended the waiting for an answer; the stream is closed after it.</param>
    /// <param name="responseStream">Closes the stream.</param>
    public void Begin(RequestId? request, CallEnd end, Task answer, CancellationTokenSource responseStream)
    {
        Task task = RunAsync(request, end, answer, responseStream);
        _underWay[task] = true;
        _ = task.ContinueWith(done => _underWay.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Waits until all that was begun is done or has had its time.</summary>
    public Task DrainAsync() => Task.WhenAll(_underWay.Keys);

    private async Task RunAsync(RequestId? request, CallEnd end, Task answer, CancellationTokenSource responseStream)
    {
        using var limit = new CancellationTokenSource(Grace, time);
        try
        {
            if (request is { } id)
            {
                JsonNode? requestId = id.Id is long number ? number : id.Id as string;
                string reason = end == CallEnd.Cancelled ? "Cancelled by the user" : "Timed out";
                await notifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = requestId, ["reason"] = reason }, limit.Token)
                    .WaitAsync(limit.Token).ConfigureAwait(false);

                // The SDK sends a second notification when the stream is closed while it still waits.
                await answer.WaitAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The server cannot be told: it is gone, or it does not read. The call has ended here all the same.
        }

        try
        {
            await responseStream.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // What breaks while the stream is torn down concerns nobody any more.
        }
    }
}
