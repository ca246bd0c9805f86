using System.Net;

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
                    response.Content = new WatchedContent(response.Content, broken);
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

    private sealed class WatchedStream(Stream inner, Action broken) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                broken();
                throw;
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class WatchedContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly Action _broken;

        public WatchedContent(HttpContent inner, Action broken)
        {
            _inner = inner;
            _broken = broken;
            foreach (KeyValuePair<string, IEnumerable<string>> header in inner.Headers)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() =>
            new WatchedStream(await _inner.ReadAsStreamAsync().ConfigureAwait(false), _broken);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Stream source = await CreateContentReadStreamAsync().ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                await source.CopyToAsync(stream).ConfigureAwait(false);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
