using System.Net.Http.Headers;
using McpProgress.Core.Authorization;
using McpProgress.Core.Transport;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;

namespace McpProgress.Core.Connections;

/// <summary>Streamable HTTP through the SDK's transport, with the ordered tap around it.</summary>
internal static class HttpConnector
{
    public static (IClientTransport Transport, HttpClient Client) Create(
        HttpEndpoint endpoint,
        string target,
        ConnectionOptions options,
        Action<SignInNotice?> signInChanged,
        OrderedTap tap,
        TransportStatistics statistics,
        Action eventsBroken)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AllowAutoRedirect = false,
        };
        HttpMessageHandler inner = new RedirectHandler(sockets, endpoint.Headers.Keys);
        ClientOAuthOptions? signIn = null;
        switch (endpoint.OAuth)
        {
            case SignInGrant grant:
                var store = new SignInStore(grant.Folder ?? SecretFolder.Default, endpoint.Uri, grant.ClientId, unkept => options.Warned?.Invoke(
                    $"The sign-in to {target} could not be kept, and the next session will have to ask for it again: {unkept.Message}"));
                inner = new TokenRequestHandler(inner, target, store);
                signIn = OptionsOf(grant, store, new BrowserSignIn(target, grant, options.Time, signInChanged));
                break;

            case ClientCredentialsGrant grant:
                inner = new ClientCredentialsHandler(inner, target, endpoint.Uri, grant);
                break;
        }

        var measuring = new MeasuringHandler(inner, endpoint.Token, options.MaximumMessageBytes, statistics);
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
                OAuth = signIn,
            },
            client);
        return (TappedTransport.Around(transport, tap), client);
    }

    private static ClientOAuthOptions OptionsOf(SignInGrant grant, SignInStore store, BrowserSignIn signIn)
    {
        // An https address with a path is a client id metadata document (draft-ietf-oauth-client-id-metadata-document, section 3).
        bool isDocument = Uri.TryCreate(grant.ClientId, UriKind.Absolute, out Uri? document) && document.Scheme == Uri.UriSchemeHttps && document.AbsolutePath.Length > 1;
        return new ClientOAuthOptions
        {
            // The literal address: a name could lead elsewhere (RFC 8252, section 8.3).
            RedirectUri = new Uri($"http://127.0.0.1:{store.RedirectPort}{LoopbackListener.Path}"),
            ClientId = isDocument ? null : grant.ClientId,
            ClientSecret = grant.ClientSecret?.Reveal(),
            ClientMetadataDocumentUri = isDocument ? document : null,
            DynamicClientRegistration = new DynamicClientRegistrationOptions { ClientName = "McpProgress" },
            AuthorizationCallbackHandler = signIn.SignInAsync,
            TokenCache = store,
        };
    }

    /// <summary>Adds the token where no log sees it, counts bytes, bounds the length of one message, and makes it readable.</summary>
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

            bool isEventStream = IsEventStream(response.Content);
            response.Content = new WrappedContent(response.Content, body => new MendedStream(new MeasuredStream(body, isEventStream, maximumMessageBytes, statistics)));
            return response;
        }
    }

    private static bool IsEventStream(HttpContent content) => content.Headers.ContentType?.MediaType == "text/event-stream";
}
