using McpProgress.Core.Authorization;
using McpProgress.Core.Events;

namespace McpProgress.Core.Connections;

/// <summary>How a connection behaves.</summary>
public sealed record ConnectionOptions
{
    /// <summary>How long the start and the handshake may take together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may stay without any sign of life; zero is for ever.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The longest message that is read, in bytes.</summary>
    public int MaximumMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The protocol revision to insist on; null negotiates, newest first.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>The version of this client, told to the server.</summary>
    public string ClientVersion { get; init; } = typeof(ConnectionOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>
    /// Told, on any thread, when a user has to sign in with a browser: while connecting, or later when the server wants more
    /// than the sign-in covers.
    /// </summary>
    public Action<SignInNotice>? SignInStarted { get; init; }

    /// <summary>Told, on any thread, what the user should know although the connection stands.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>Where everything that happens on the connection is published; null is nowhere.</summary>
    public EventHub? Events { get; init; }

    /// <summary>The clock of timeouts and timestamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The state of a connection.</summary>
public enum ConnectionStatus
{
    /// <summary>Ready for calls.</summary>
    Connected,

    /// <summary>Ended from the other side: the process died, the session expired.</summary>
    Lost,

    /// <summary>Closed from this side.</summary>
    Closed,
}
