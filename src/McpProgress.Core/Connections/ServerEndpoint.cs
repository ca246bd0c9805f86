using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using McpProgress.Core.Authorization;

namespace McpProgress.Core.Connections;

/// <summary>Where a server is and how to reach it.</summary>
public abstract record ServerEndpoint
{
    /// <summary>What names the server without giving a secret away: something to read, and a hash of all of it; null where only its name is known.</summary>
    internal abstract string? ToKey();

    private protected static string KeyOf(string shown, string whole) =>
        $"{shown} #{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(whole)))[..16]}";
}

/// <summary>A server started as a child process that speaks over its standard streams.</summary>
/// <param name="Command">The executable: a path, or a name to look up on PATH.</param>
/// <param name="Arguments">Its arguments, one each, never joined into a command line by us.</param>
public sealed record StdioEndpoint(string Command, IReadOnlyList<string> Arguments) : ServerEndpoint
{
    /// <summary>Environment variables to set for the process; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The folder the process starts in; null is the caller's own.</summary>
    public string? WorkingDirectory { get; init; }

    internal override string? ToKey() => KeyOf(Path.GetFileName(Command), string.Join('\n', Arguments.Prepend(Command)));
}

/// <summary>A server that speaks Streamable HTTP.</summary>
/// <param name="Uri">The MCP endpoint, for example <c>http://127.0.0.1:8000/mcp</c>.</param>
public sealed record HttpEndpoint(Uri Uri) : ServerEndpoint
{
    // A token as RFC 9110, section 5.6.2, has it.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Extra request headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>A bearer token; never shown, logged or part of <see cref="object.ToString"/>.</summary>
    public Secret? Token { get; init; }

    /// <summary>How tokens are obtained where the server asks for one; null does not obtain any.</summary>
    public OAuthGrant? OAuth { get; init; }

    /// <summary>Why a request header cannot be sent, to go on with after it is named; null where it can.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, of which nothing is shown.</param>
    public static string? ProblemOf(string name, string value) =>
        name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters) ? "cannot be sent: its name may have letters, digits and !#$%&'*+-.^_`|~ only."
        : value.Any(character => character is not ('\t' or (>= ' ' and <= '~')))
            ? "cannot be sent: its value has a line break, or another character that is not printable ASCII."
        : null;

    internal override string? ToKey() => KeyOf(Uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), Uri.ToString());
}

/// <summary>A server at the other end of two streams, one JSON-RPC message a line: nothing is started, and nobody is waited for.</summary>
/// <param name="Output">What the server writes.</param>
/// <param name="Input">What the server reads.</param>
internal sealed record StreamEndpoint(Stream Output, Stream Input) : ServerEndpoint
{
    /// <summary>Whether the output is read as the pipe of a process is.</summary>
    public bool IsPipe { get; init; }

    internal override string? ToKey() => null;
}

/// <summary>A text that must not be shown: it prints as asterisks.</summary>
/// <param name="value">The secret text.</param>
public sealed class Secret(string value)
{
    /// <summary>The secret text itself.</summary>
    public string Reveal() => value;

    /// <inheritdoc/>
    public override string ToString() => "********";
}
