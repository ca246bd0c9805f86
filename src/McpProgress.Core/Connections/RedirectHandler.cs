using System.Net;

namespace McpProgress.Core.Connections;

/// <summary>
/// Follows redirects. The runtime's own way keeps only <c>Authorization</c> from another host, but the headers users give
/// hold API keys just as well: here none of them leaves the origin (scheme, host and port) it was meant for.
/// </summary>
/// <param name="inner">Sends; must not follow redirects itself.</param>
/// <param name="secrets">The names of the headers to keep back, besides <c>Authorization</c>.</param>
internal sealed class RedirectHandler(HttpMessageHandler inner, IEnumerable<string> secrets) : DelegatingHandler(inner)
{
    private const int MostRedirects = 10;

    private readonly HashSet<string> _secrets = new(secrets, StringComparer.OrdinalIgnoreCase) { "Authorization" };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        for (int count = 0; count < MostRedirects && Target(request, response) is { } target; count++)
        {
            response.Dispose();
            if (!IsSameOrigin(request.RequestUri!, target))
            {
                foreach (string name in request.Headers.Select(header => header.Key).Where(_secrets.Contains).ToArray())
                {
                    request.Headers.Remove(name);
                }
            }

            request.RequestUri = target;
            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    /// <summary>Where the response leads; null when it does not, or must not be followed.</summary>
    private static Uri? Target(HttpRequestMessage request, HttpResponseMessage response)
    {
        // The other codes turn a POST into a GET (RFC 9110, 15.4), which would ask the target for something else.
        bool keepsMethod = response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        bool changesNothing = request.Method == HttpMethod.Get &&
            response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther;

        // A form is a request for a token: its secrets are for the authorization server that was found, and nobody else.
        bool isForm = request.Content?.Headers.ContentType?.MediaType == "application/x-www-form-urlencoded";
        if (isForm || !(keepsMethod || changesNothing) || response.Headers.Location is not { } location)
        {
            return null;
        }

        var target = new Uri(request.RequestUri!, location);
        bool isWeb = target.Scheme == Uri.UriSchemeHttps || target.Scheme == Uri.UriSchemeHttp;
        bool losesEncryption = request.RequestUri!.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps;
        return isWeb && !losesEncryption ? target : null;
    }

    private static bool IsSameOrigin(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
