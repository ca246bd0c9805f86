namespace McpProgress.Server.Protocol;

/// <summary>The protocol's revisions and the line between its two eras.</summary>
internal static class ProtocolVersions
{
    /// <summary>The first revision without <c>initialize</c> and sessions: each request says all about itself.</summary>
    public const string July2026 = "2026-07-28";

    /// <summary>The revision that has tasks in its core.</summary>
    public const string November2025 = "2025-11-25";

    /// <summary>The revisions that start with <c>initialize</c>, oldest first.</summary>
    public static IReadOnlyList<string> WithSessions { get; } = ["2024-11-05", "2025-03-26", "2025-06-18", November2025];

    /// <summary>All revisions served, oldest first.</summary>
    public static IReadOnlyList<string> All { get; } = [.. WithSessions, July2026];

    /// <summary>Whether a revision is 2026-07-28 or later. Revisions are dates, so their order is that of their text.</summary>
    public static bool IsModern(string? version) => string.CompareOrdinal(version, July2026) >= 0;
}
