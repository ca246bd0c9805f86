using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelContextProtocol.Authentication;

namespace McpProgress.Core.Authorization;

/// <summary>
/// The tokens of one server and client, over all sessions and processes of a user. The tokens in use are held in memory:
/// the file is read again when they have expired, or when they are to be refreshed.
/// </summary>
internal sealed class SignInStore : ITokenCache
{
    /// <summary>How long a process that refreshes the tokens is waited for.</summary>
    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(30);

    private readonly SecretFolder _folder;
    private readonly string _name;
    private readonly Action<Exception>? _unkept;
    private volatile TokenContainer? _tokens;

    /// <param name="folder">Where the tokens are kept.</param>
    /// <param name="server">The server.</param>
    /// <param name="clientId">The client's id, where it has one of its own.</param>
    /// <param name="unkept">Told why new tokens could not be kept.</param>
    public SignInStore(SecretFolder folder, Uri server, string? clientId, Action<Exception>? unkept = null)
    {
        _folder = folder;
        _unkept = unkept;
        _name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{server}\n{clientId}")))[..32];
        StoredSignIn? stored = ReadStored();
        _tokens = stored?.Tokens;
        RedirectPort = stored?.RedirectPort ?? FindFreePort();
    }

    /// <summary>
    /// The loopback port that the authorization server sends the user back to. It stays the same as long as the sign-in is
    /// kept: not every authorization server takes any port for a registered loopback address, as RFC 8252, 7.3, wants.
    /// </summary>
    public int RedirectPort { get; }

    /// <inheritdoc/>
    public ValueTask<TokenContainer?> GetTokensAsync(CancellationToken cancellationToken)
    {
        if (_tokens is not { } tokens || HasExpired(tokens))
        {
            _tokens = ReadStored()?.Tokens ?? _tokens;
        }

        return ValueTask.FromResult(_tokens);
    }

    /// <inheritdoc/>
    public ValueTask StoreTokensAsync(TokenContainer tokens, CancellationToken cancellationToken)
    {
        // A refresh that brings no new refresh token leaves the old one valid (RFC 6749, section 6).
        if (tokens.RefreshToken is null && _tokens is { } earlier && earlier.ClientId == tokens.ClientId && earlier.AuthorizationServer == tokens.AuthorizationServer)
        {
            tokens.RefreshToken = earlier.RefreshToken;
        }

        _tokens = tokens;
        try
        {
            _folder.Write(_name, JsonSerializer.SerializeToUtf8Bytes(new StoredSignIn(RedirectPort, tokens)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A disk that is full or read-only costs the user a sign-in in the next session, not this connection.
            _unkept?.Invoke(exception);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The tokens as they are kept, whichever process put them there last.</summary>
    public TokenContainer? Reread() => ReadStored()?.Tokens;

    /// <summary>Waits until no other process refreshes the tokens, and keeps the others from it until disposed.</summary>
    public Task<IDisposable?> HoldAsync(CancellationToken cancellationToken) => _folder.HoldAsync(_name, HoldLimit, cancellationToken);

    /// <summary>How many seconds an access token is still good for; null is for as long as the server takes it.</summary>
    public static int? SecondsLeft(TokenContainer tokens) =>
        tokens.ExpiresIn is { } seconds ? (int)(tokens.ObtainedAt.AddSeconds(seconds) - DateTimeOffset.UtcNow).TotalSeconds : null;

    private static bool HasExpired(TokenContainer tokens) => SecondsLeft(tokens) <= 0;

    private StoredSignIn? ReadStored()
    {
        try
        {
            return _folder.Read(_name) is { } content ? JsonSerializer.Deserialize<StoredSignIn>(content) : null;
        }
        catch (JsonException)
        {
            // Another version wrote it: the user signs in once more.
            return null;
        }
    }

    private static int FindFreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private sealed record StoredSignIn(int RedirectPort, TokenContainer Tokens);
}
