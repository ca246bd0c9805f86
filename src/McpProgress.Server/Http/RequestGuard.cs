using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace McpProgress.Server.Http;

/// <summary>Why a request was turned away.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Reason">The reason, for the one who asked.</param>
internal sealed record Refusal(int Status, string Reason);

/// <summary>
/// Turns away what must not get in: requests a foreign web page made a browser send (<c>Origin</c>), requests to a
/// foreign name that was made to point here (<c>Host</c>, against DNS rebinding), and requests without the token.
/// </summary>
internal sealed class RequestGuard
{
    private const string BearerScheme = "Bearer ";

    private readonly bool _loopbackOnly;
    private readonly string _host;
    private readonly byte[]? _tokenHash;

    public RequestGuard(HttpServerOptions options)
    {
        _host = options.Host;
        _loopbackOnly = HostNames.IsLoopback(options.Host);
        _tokenHash = string.IsNullOrEmpty(options.Token) ? null : Hash(options.Token);
    }

    /// <summary>Null when the request may pass.</summary>
    public Refusal? Check(HttpExchange exchange)
    {
        if (HostNames.OfHostHeader(exchange.RequestHeader("Host")) is not { } host || !IsOurs(host))
        {
            return new Refusal(403, "Forbidden: the Host header does not name this server.");
        }

        if (exchange.RequestHeader("Origin") is { Length: > 0 } origin &&
            (HostNames.OfOrigin(origin) is not { } originHost || !IsOurs(originHost)))
        {
            return new Refusal(403, "Forbidden: requests from this origin are not accepted.");
        }

        return HasToken(exchange) ? null : new Refusal(401, "Unauthorized: a bearer token is needed.");
    }

    // Off loopback any literal address may be ours (an address cannot be rebound), but of names only the ones we know.
    private bool IsOurs(string host) =>
        HostNames.IsLoopback(host) ||
        string.Equals(host, _host, StringComparison.OrdinalIgnoreCase) ||
        (!_loopbackOnly && (IPAddress.TryParse(host, out _) || string.Equals(host, Dns.GetHostName(), StringComparison.OrdinalIgnoreCase)));

    // Hashes have one length, so the comparison tells nothing about the token, not even how long it is.
    private bool HasToken(HttpExchange exchange) =>
        _tokenHash is null ||
        (exchange.RequestHeader("Authorization") is { } given &&
         given.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase) &&
         CryptographicOperations.FixedTimeEquals(Hash(given[BearerScheme.Length..].Trim()), _tokenHash));

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
