using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Authorization;

/// <summary>What an authorization server says when it refuses (RFC 6749, sections 4.1.2.1 and 5.2).</summary>
internal static class OAuthError
{
    private const int LongestText = 300;

    /// <summary>The error and its description, bounded.</summary>
    public static string Describe(string error, string? description) =>
        string.IsNullOrEmpty(description) ? Bounded(error) : $"{Bounded(error)}: {Bounded(description)}";

    /// <summary>What the body of a refusal says; only the two fields made for it, for a body may repeat what was sent.</summary>
    public static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string status = $"{(int)response.StatusCode} ({response.StatusCode})";
        try
        {
            JsonNode? body = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
            return body.Member("error").Text() is { } error ? Describe(error, body.Member("error_description").Text()) : status;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            return status;
        }
    }

    private static string Bounded(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";
}
