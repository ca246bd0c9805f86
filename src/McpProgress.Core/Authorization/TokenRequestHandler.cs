using System.Collections.Specialized;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using McpProgress.Core.Transport;
using ModelContextProtocol.Authentication;

namespace McpProgress.Core.Authorization;

/// <summary>
/// Stands between the SDK and the token endpoint. A client without a secret sends none; a refusal says what the server
/// said; and of several processes that share a sign-in one refreshes it, and the others take what it got, because many
/// servers take a refresh token once and revoke the sign-in when it comes again (OAuth 2.1, section 4.3.1).
/// </summary>
/// <param name="inner">Sends the requests.</param>
/// <param name="target">The server, for messages.</param>
/// <param name="store">The sign-in.</param>
internal sealed class TokenRequestHandler(HttpMessageHandler inner, string target, SignInStore store) : DelegatingHandler(inner)
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Nothing else that crosses a connection is a form.
        Uri address = request.RequestUri ?? throw new InvalidOperationException("A request without an address.");
        if (request.Content is not { Headers.ContentType.MediaType: FormType } content)
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            BearerChallenge.EnsureFrom(address, answer, target);
            return answer;
        }

        if (!ResourceDiscovery.IsSafe(address))
        {
            throw new McpFailureException(ErrorIds.ConnectionFailed, $"{target}: its authorization server wants secrets without TLS, at {address}. Nothing was sent.");
        }

        NameValueCollection form = HttpUtility.ParseQueryString(await content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        WithoutEmptySecret(request, form);
        if (form["grant_type"] == "refresh_token")
        {
            return await RefreshAsync(request, form, cancellationToken).ConfigureAwait(false);
        }

        HttpResponseMessage response = await SendFormAsync(request, form, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string reason = await OAuthError.ReadAsync(response, cancellationToken).ConfigureAwait(false);
            throw new McpFailureException(ErrorIds.ConnectionFailed, $"{target}: the authorization server gave no token: {reason}. Check -ClientId and -ClientSecret, and connect again.");
        }
    }

    // The SDK authenticates as the server's first method says, also a client that has nothing to authenticate with.
    // Servers refuse an empty secret from a public client; such a client only names itself (RFC 6749, section 3.2.1).
    private static void WithoutEmptySecret(HttpRequestMessage request, NameValueCollection form)
    {
        if (form["client_secret"] is { Length: 0 })
        {
            form.Remove("client_secret");
        }

        if (request.Headers.Authorization is { Scheme: "Basic", Parameter: { } encoded }
            && Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) is var credentials && credentials.EndsWith(':'))
        {
            request.Headers.Authorization = null;
            form["client_id"] = Uri.UnescapeDataString(credentials[..^1]);
        }
    }

    private async Task<HttpResponseMessage> RefreshAsync(HttpRequestMessage request, NameValueCollection form, CancellationToken cancellationToken)
    {
        using IDisposable? turn = await store.HoldAsync(cancellationToken).ConfigureAwait(false);
        TokenContainer? kept = store.Reread();
        if (kept?.RefreshToken is { } newer && newer != form["refresh_token"])
        {
            if (SignInStore.SecondsLeft(kept) is null or > 0)
            {
                return Answer(kept);
            }

            form["refresh_token"] = newer;
        }

        HttpResponseMessage response = await SendFormAsync(request, form, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode && kept is not null)
        {
            await KeepAsync(response, kept, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    // The SDK keeps the tokens too, but after the turn is over: the next process would still find the old ones.
    private async Task KeepAsync(HttpResponseMessage response, TokenContainer kept, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
        JsonNode? body;
        try
        {
            body = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (JsonException)
        {
            // The SDK reads it next, and complains.
            return;
        }

        if (body.Member("access_token").Text() is { } token)
        {
            var tokens = new TokenContainer
            {
                AccessToken = token,
                TokenType = body.Member("token_type").Text() ?? kept.TokenType,
                RefreshToken = body.Member("refresh_token").Text(),
                ExpiresIn = body.Member("expires_in") is JsonValue value && value.TryGetValue(out int seconds) ? seconds : null,
                Scope = body.Member("scope").Text() ?? kept.Scope,
                ObtainedAt = DateTimeOffset.UtcNow,
                ClientId = kept.ClientId,
                ClientSecret = kept.ClientSecret,
                TokenEndpointAuthMethod = kept.TokenEndpointAuthMethod,
                AuthorizationServer = kept.AuthorizationServer,
            };
            await store.StoreTokensAsync(tokens, cancellationToken).ConfigureAwait(false);
        }
    }

    private static HttpResponseMessage Answer(TokenContainer tokens)
    {
        var body = new JsonObject { ["access_token"] = tokens.AccessToken, ["token_type"] = tokens.TokenType, ["refresh_token"] = tokens.RefreshToken };
        if (SignInStore.SecondsLeft(tokens) is { } seconds)
        {
            body["expires_in"] = seconds;
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
    }

    private Task<HttpResponseMessage> SendFormAsync(HttpRequestMessage request, NameValueCollection form, CancellationToken cancellationToken)
    {
        request.Content = new StringContent(form.ToString() ?? "", Encoding.UTF8, FormType);
        request.Content.Headers.ContentType!.CharSet = null;
        return base.SendAsync(request, cancellationToken);
    }
}
