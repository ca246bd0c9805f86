using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Authorization;

/// <summary>Where a client without a user gets its tokens for a server.</summary>
/// <param name="TokenEndpoint">The address to ask.</param>
/// <param name="AuthenticationMethods">How it lets clients authenticate.</param>
/// <param name="Resource">What the token is for (RFC 8707); null where the server does not describe itself.</param>
/// <param name="Scopes">The scopes that the server has.</param>
internal sealed record TokenSource(Uri TokenEndpoint, IReadOnlyList<string> AuthenticationMethods, string? Resource, IReadOnlyList<string> Scopes);

/// <summary>Finds a server's authorization server: RFC 9728, then RFC 8414 or OpenID Connect Discovery, as basic/authorization orders them.</summary>
/// <param name="get">Gets a document.</param>
/// <param name="target">The server, for messages.</param>
/// <param name="server">Its address.</param>
internal sealed class ResourceDiscovery(Func<Uri, CancellationToken, Task<HttpResponseMessage>> get, string target, Uri server)
{
    /// <summary>Follows the documents from a challenge to the token endpoint.</summary>
    /// <exception cref="McpFailureException">McpConnectionFailed: there is none, or a document speaks for somebody else.</exception>
    public async Task<TokenSource> FindAsync(BearerChallenge challenge, CancellationToken cancellationToken)
    {
        IEnumerable<Uri> places = challenge.ResourceMetadata is { } named ? [named] : WellKnown(server, "oauth-protected-resource");
        JsonObject? resource = await FirstAsync(places, cancellationToken).ConfigureAwait(false);
        string? identifier = resource.Member("resource").Text();
        if (resource is not null && !IsFor(identifier))
        {
            throw Refused($"its description is that of another resource, {identifier ?? "which it does not name"}");
        }

        // Servers older than revision 2025-06-18 have no description and are their own authorization server.
        string issuer = Texts(resource, "authorization_servers").FirstOrDefault() ?? server.GetLeftPart(UriPartial.Authority);
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out Uri? authority) || !IsSafe(authority))
        {
            throw Refused($"its authorization server '{issuer}' is no https address");
        }

        JsonObject metadata = await FirstAsync(MetadataPlaces(authority), cancellationToken).ConfigureAwait(false)
            ?? throw Refused($"the authorization server {issuer} has no metadata");
        if (resource is not null && metadata.Member("issuer").Text() != issuer)
        {
            throw Refused($"the metadata of the authorization server {issuer} is that of another issuer (RFC 8414, section 3.3)");
        }

        if (!Uri.TryCreate(metadata.Member("token_endpoint").Text(), UriKind.Absolute, out Uri? endpoint) || !IsSafe(endpoint))
        {
            throw Refused($"the authorization server {issuer} names no token endpoint with an https address");
        }

        return new TokenSource(endpoint, Texts(metadata, "token_endpoint_auth_methods_supported"), identifier, Texts(resource, "scopes_supported"));
    }

    /// <summary>Whether a secret may go there: over TLS, or not over a network at all (OAuth 2.1, section 1.5).</summary>
    public static bool IsSafe(Uri address) => address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    private static IEnumerable<Uri> MetadataPlaces(Uri issuer)
    {
        string path = issuer.AbsolutePath.Trim('/');
        yield return new Uri(issuer, $"/.well-known/oauth-authorization-server{(path.Length > 0 ? "/" + path : "")}");
        yield return new Uri(issuer, $"/.well-known/openid-configuration{(path.Length > 0 ? "/" + path : "")}");
        if (path.Length > 0)
        {
            yield return new Uri(issuer, $"/{path}/.well-known/openid-configuration");
        }
    }

    private static IEnumerable<Uri> WellKnown(Uri address, string name)
    {
        string path = address.AbsolutePath.Trim('/');
        if (path.Length > 0)
        {
            yield return new Uri(address, $"/.well-known/{name}/{path}");
        }

        yield return new Uri(address, $"/.well-known/{name}");
    }

    private async Task<JsonObject?> FirstAsync(IEnumerable<Uri> places, CancellationToken cancellationToken)
    {
        foreach (Uri place in places)
        {
            using HttpResponseMessage response = await get(place, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode && Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) is { } document)
            {
                return document;
            }
        }

        return null;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // A page of a website that answers every path: the document may be at the next place.
            return null;
        }
    }

    // The server itself, or, as the specification allows, its origin (basic/authorization, canonical server URI).
    private bool IsFor(string? resource) =>
        Uri.TryCreate(resource, UriKind.Absolute, out Uri? described)
        && Uri.Compare(described, server, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
        && described.AbsolutePath.TrimEnd('/') is var path && (path.Length == 0 || path == server.AbsolutePath.TrimEnd('/'));

    private static List<string> Texts(JsonObject? document, string name) =>
        document.Member(name) is JsonArray values ? [.. values.Select(value => value.Text()).OfType<string>()] : [];

    private McpFailureException Refused(string why) => new(ErrorIds.ConnectionFailed, $"{target} wants a token, but {why}.");
}
