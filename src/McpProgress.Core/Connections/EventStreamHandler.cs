using System.Net;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Connections;

/// <summary>
/// Looks after the session's event stream: the GET of revision 2025-11-25 (transports, "Listening for messages from the
/// server"), which brings what belongs to no request. The SDK gives it up for good after a few failed attempts; here it is
/// asked for until the server answers. What was on its way when it broke is lost, and those who wait for it are told.
/// </summary>
/// <param name="inner">Sends the requests.</param>
/// <param name="broken">Told each time the stream breaks or cannot be had.</param>
/// <param name="time">The clock.</param>
internal sealed class EventStreamHandler(HttpMessageHandler inner, Action broken, TimeProvider time) : DelegatingHandler(inner)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // With an id it is a request's own stream that is taken up again, or one that misses nothing: the SDK does that.
        // Without the wish for events it is a document, such as those that lead to an authorization server.
        if (request.Method != HttpMethod.Get || request.Headers.Contains("Last-Event-ID") || !request.Headers.Accept.Any(type => type.MediaType == "text/event-stream"))
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            try
            {
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode < HttpStatusCode.InternalServerError)
                {
                    response.Content = new WrappedContent(response.Content, body => new WatchedStream(body, broken));
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException)
            {
                // The server cannot be reached.
            }

            broken();
            await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class WatchedStream(Stream inner, Action broken) : ReadStream(inner)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await Inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                broken();
                throw;
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => Inner.Read(buffer, offset, count);
    }
}
