namespace McpProgress.ConformanceServer;

/// <summary>The smallest files of their kind, in base64.</summary>
internal static class Media
{
    /// <summary>A PNG of one red pixel.</summary>
    public const string Image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

    /// <summary>A WAV without a sound.</summary>
    public const string Audio = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";
}
