using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Authorization;

/// <summary>
/// Gets tokens by the client credentials grant, which the SDK does not have, and sends them with every request: the first
/// when the server asks for one, another when it wants more scopes or the old one is over. They are kept in memory only.
/// </summary>
/// <param name="inner">Sends the requests.</param>
/// <param name="target">The server, for messages.</param>
/// <param name="server">Its address.</param>
/// <param name="grant">The client.</param>
internal sealed class ClientCredentialsHandler(HttpMessageHandler inner, string target, Uri server, ClientCredentialsGrant grant) : DelegatingHandler(inner)
{
    private const string Bearer = "Bearer";

    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly HashSet<string> _scopes = new(StringComparer.Ordinal);
    private volatile Token? _token;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Token? used = _token;
        request.Headers.Authorization = used?.Header;
        if (request.Content is { } content)
        {
            // It may have to be sent twice.
            await content.LoadIntoBufferAsync().ConfigureAwait(false);
        }

        Uri asked = request.RequestUri ?? server;
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        BearerChallenge.EnsureFrom(asked, response, target);
        if (BearerChallenge.Read(response) is not { } challenge
            || await RenewAsync(used, challenge, cancellationToken).ConfigureAwait(false) is not { } token)
        {
            return response;
        }

        response.Dispose();
        request.Headers.Authorization = token.Header;
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _asking.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Another token than the one that was refused; null where asking again would bring the same.</summary>
    private async Task<Token?> RenewAsync(Token? refused, BearerChallenge challenge, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_token != refused)
            {
                // Another request has got one meanwhile.
                return _token;
            }

            var discovery = new ResourceDiscovery(GetAsync, target, server);
            TokenSource source = await discovery.FindAsync(challenge, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> wanted = challenge.Scopes.Count > 0 || _scopes.Count > 0 ? challenge.Scopes : source.Scopes;
            if (challenge.WantsMoreScopes && !wanted.Except(_scopes).Any())
            {
                return null;
            }

            // What other requests needed is asked for too: a token with less would be refused there.
            _token = await AskAsync(source, [.. _scopes.Union(wanted).Order(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);

            // Only now: what could not be had this time may be had the next.
            _scopes.UnionWith(wanted);
            return _token;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task<Token> AskAsync(TokenSource source, string[] scopes, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials" };
        if (scopes.Length > 0)
        {
            form["scope"] = string.Join(' ', scopes);
        }

        if (source.Resource is { } resource)
        {
            form["resource"] = resource;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, source.TokenEndpoint);
        Authenticate(request, form, source.AuthenticationMethods);
        request.Content = new FormUrlEncodedContent(form);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused($"gave no token: {await OAuthError.ReadAsync(response, cancellationToken).ConfigureAwait(false)}. Check -ClientId and -ClientSecret");
        }

        JsonNode? body = Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        return string.Equals(body.Member("token_type").Text(), Bearer, StringComparison.OrdinalIgnoreCase) && body.Member("access_token").Text() is { Length: > 0 } token
            ? new Token(new AuthenticationHeaderValue(Bearer, token))
            : throw Refused("answered with something that is no bearer token");
    }

    // HTTP Basic unless the server lists only the other way: RFC 8414, section 2, makes it the default.
    private void Authenticate(HttpRequestMessage request, Dictionary<string, string> form, IReadOnlyList<string> methods)
    {
        if (methods.Count == 0 || methods.Contains("client_secret_basic"))
        {
            string credentials = $"{Uri.EscapeDataString(grant.ClientId)}:{Uri.EscapeDataString(grant.ClientSecret.Reveal())}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }
        else if (methods.Contains("client_secret_post"))
        {
            form["client_id"] = grant.ClientId;
            form["client_secret"] = grant.ClientSecret.Reveal();
        }
        else
        {
            throw Refused($"takes no client secret, only {string.Join(", ", methods)}");
        }
    }

    private async Task<HttpResponseMessage> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Told to the user as what it is: no token.
            return null;
        }
    }

    private McpFailureException Refused(string what) => new(ErrorIds.ConnectionFailed, $"{target}: the authorization server {what}.");

    private sealed record Token(AuthenticationHeaderValue Header);
}
