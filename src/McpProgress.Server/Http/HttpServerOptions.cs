using System.Net;

namespace McpProgress.Server.Http;

/// <summary>How tools are served over HTTP.</summary>
public sealed class HttpServerOptions
{
    /// <summary>The address or name to listen on; loopback unless told otherwise.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The bearer token every request must carry; null asks for none, which only loopback allows.</summary>
    public string? Token { get; init; }

    /// <summary>The largest request body, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many bytes the request bodies that are being read may have together, small ones aside; beyond, a request is
    /// refused. One body of the largest size always has room.
    /// </summary>
    public long MaxBodyBytesAtOnce { get; init; } = 256 * 1024 * 1024;

    /// <summary>How long a client may take to send the body of a request.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many sessions there may be at once. Beyond, the longest idle one makes room; if none is idle, the newcomer is refused.</summary>
    public int MaxSessions { get; init; } = 1000;

    /// <summary>A session without requests for this long is ended.</summary>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a quiet stream gets a comment that keeps it open and finds out whether the client is still there.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Checks the options against each other.</summary>
    /// <exception cref="ArgumentException">The host is not loopback and there is no token.</exception>
    public void Validate()
    {
        if (!HostNames.IsLoopback(Host) && string.IsNullOrEmpty(Token))
        {
            throw new ArgumentException(
                $"Listening on '{Host}' lets other machines in, which needs a bearer token. Set one, or listen on 127.0.0.1.");
        }
    }

    /// <summary>The address to bind a socket to.</summary>
    /// <exception cref="ArgumentException">The host is neither an IP address nor <c>localhost</c>.</exception>
    public IPAddress BindAddress()
    {
        if (string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        return IPAddress.TryParse(Host, out var address)
            ? address
            : throw new ArgumentException($"'{Host}' is not an IP address. Give the address to listen on, such as 127.0.0.1 or 0.0.0.0.");
    }
}
