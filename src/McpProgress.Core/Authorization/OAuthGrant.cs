using McpProgress.Core.Connections;

namespace McpProgress.Core.Authorization;

/// <summary>How access to a protected server is obtained (MCP revision 2025-11-25 and later, basic/authorization).</summary>
public abstract record OAuthGrant;

/// <summary>A user signs in with a browser: the authorization code grant with PKCE (OAuth 2.1, section 4.1).</summary>
public sealed record SignInGrant : OAuthGrant
{
    /// <summary>
    /// The id the client is registered under, or the https address of a client id metadata document; null registers the
    /// client with the authorization server (RFC 7591).
    /// </summary>
    public string? ClientId { get; init; }

    /// <summary>The secret of the registration; null for a public client.</summary>
    public Secret? ClientSecret { get; init; }

    /// <summary>Where the tokens are kept; null is the user's own folder.</summary>
    internal SecretFolder? Folder { get; init; }

    /// <summary>Opens an address in a browser, or returns false; null is the user's own browser.</summary>
    internal Func<Uri, bool>? OpenBrowser { get; init; }

    /// <summary>How long the user may take.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>The client signs in as itself, without a user: the client credentials grant (OAuth 2.1, section 4.2).</summary>
/// <param name="ClientId">The id the client is registered under.</param>
/// <param name="ClientSecret">Its secret.</param>
public sealed record ClientCredentialsGrant(string ClientId, Secret ClientSecret) : OAuthGrant;

/// <summary>A sign-in that waits for the user.</summary>
/// <param name="Address">What the user opens in a browser on this machine. It holds no secret.</param>
/// <param name="BrowserOpened">Whether a browser was started with it.</param>
public sealed record SignInNotice(Uri Address, bool BrowserOpened);
