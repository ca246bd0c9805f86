using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace McpProgress.Core.Authorization;

/// <summary>What a protected server says when it refuses a request (RFC 6750, section 3, and RFC 9728, section 5.1).</summary>
/// <param name="ResourceMetadata">Where the server describes its protection; null when it does not say.</param>
/// <param name="Scopes">The scopes it wants.</param>
/// <param name="WantsMoreScopes">Whether it took the token and misses scopes.</param>
internal sealed partial record BearerChallenge(Uri? ResourceMetadata, IReadOnlyList<string> Scopes, bool WantsMoreScopes)
{
    /// <summary>The challenge of a response that another token may help with; null for any other response.</summary>
    public static BearerChallenge? Read(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            return null;
        }

        string? parameters = response.Headers.WwwAuthenticate.FirstOrDefault(IsBearer)?.Parameter;
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (Match parameter in Parameter().Matches(parameters ?? ""))
        {
            string quoted = parameter.Groups["quoted"].Value;
            values[parameter.Groups["name"].Value] = parameter.Groups["quoted"].Success ? Escaped().Replace(quoted, "$1") : parameter.Groups["token"].Value;
        }

        bool isForbidden = response.StatusCode == HttpStatusCode.Forbidden;
        if (isForbidden && values.GetValueOrDefault("error") != "insufficient_scope")
        {
            return null;
        }

        return new BearerChallenge(
            Uri.TryCreate(values.GetValueOrDefault("resource_metadata"), UriKind.Absolute, out Uri? metadata) ? metadata : null,
            values.GetValueOrDefault("scope")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            isForbidden);
    }

    /// <summary>Refuses the wish for a token of a host that the server has led to: the token is the server's.</summary>
    /// <param name="asked">The address that was asked.</param>
    /// <param name="response">What came, after redirects.</param>
    /// <param name="target">The server, for messages.</param>
    /// <exception cref="McpFailureException">McpConnectionFailed.</exception>
    public static void EnsureFrom(Uri asked, HttpResponseMessage response, string target)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            && response.RequestMessage?.RequestUri is { } answered
            && Uri.Compare(asked, answered, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            response.Dispose();
            throw new McpFailureException(
                ErrorIds.ConnectionFailed, $"{target} leads to {answered.GetLeftPart(UriPartial.Authority)}, which wants a token. It gets none from here: connect to that address itself.");
        }
    }

    private static bool IsBearer(AuthenticationHeaderValue header) => header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("""(?<name>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<token>[^\s,"]+))""", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\\(.)", RegexOptions.CultureInvariant)]
    private static partial Regex Escaped();
}
