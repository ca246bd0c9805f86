using System.Net;

namespace McpProgress.Server.Http;

/// <summary>Reads host names out of headers and tells loopback from the rest.</summary>
internal static class HostNames
{
    /// <summary>Whether a host, without a port, is this machine only.</summary>
    public static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) ||
        (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The host of a <c>Host</c> header, without port and brackets; null when it is not one.</summary>
    public static string? OfHostHeader(string? value) =>
        value is not null && Uri.TryCreate($"http://{value}/", UriKind.Absolute, out var uri) && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            ? Bare(uri)
            : null;

    /// <summary>The host of an <c>Origin</c> header; null when it is not an http origin (<c>null</c> is none).</summary>
    public static string? OfOrigin(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? Bare(uri!) : null;

    private static string Bare(Uri uri) => uri.DnsSafeHost;
}
