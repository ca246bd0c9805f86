using System.Net.Http.Headers;
using McpProgress.Core.Transport;
using ModelContextProtocol.Client;

namespace McpProgress.Core.Connections;

/// <summary>Streamable HTTP through the SDK's transport, with the ordered tap around it.</summary>
internal static class HttpConnector
{
    public static (IClientTransport Transport, HttpClient Client) Create(
        HttpEndpoint endpoint, ConnectionOptions options, OrderedTap tap, TransportStatistics statistics, Action eventsBroken)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        var measuring = new MeasuringHandler(sockets, endpoint.Token, options.MaximumMessageBytes, statistics);
        var client = new HttpClient(new EventStreamHandler(measuring, eventsBroken, options.Time))
        {
            // Calls have timers of their own, which progress restarts.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = endpoint.Uri,
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = endpoint.Headers.ToDictionary(),
                ConnectionTimeout = options.ConnectTimeout,
            },
            client,
            options.LoggerFactory);
        return (TappedTransport.Around(transport, tap), client);
    }

    /// <summary>Adds the token where no log sees it, counts bytes, and bounds the length of one message.</summary>
    private sealed class MeasuringHandler(HttpMessageHandler inner, Secret? token, int maximumMessageBytes, TransportStatistics statistics)
        : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (token is not null)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
            }

            if (request.Content is { } content)
            {
                await content.LoadIntoBufferAsync().ConfigureAwait(false);
                statistics.WroteBytes(content.Headers.ContentLength ?? 0);
            }

            HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength > maximumMessageBytes && !IsEventStream(response.Content))
            {
                // Before a buffer of that size is made ready for it.
                response.Dispose();
                statistics.Unreadable();
                throw MeasuredStream.TooLong(maximumMessageBytes);
            }

            response.Content = new MeasuredContent(response.Content, maximumMessageBytes, statistics);
            return response;
        }
    }

    private static bool IsEventStream(HttpContent content) => content.Headers.ContentType?.MediaType == "text/event-stream";

    private sealed class MeasuredContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly int _maximumMessageBytes;
        private readonly TransportStatistics _statistics;

        public MeasuredContent(HttpContent inner, int maximumMessageBytes, TransportStatistics statistics)
        {
            _inner = inner;
            _maximumMessageBytes = maximumMessageBytes;
            _statistics = statistics;
            foreach (KeyValuePair<string, IEnumerable<string>> header in inner.Headers)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() =>
            Measure(await _inner.ReadAsStreamAsync().ConfigureAwait(false));

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            Measure(await _inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            Stream source = await CreateContentReadStreamAsync().ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                await source.CopyToAsync(stream).ConfigureAwait(false);
            }
        }

        private MeasuredStream Measure(Stream body) => new(body, IsEventStream(_inner), _maximumMessageBytes, _statistics);

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
