namespace McpProgress.Server.Tools;

/// <summary>One step of progress, as <c>notifications/progress</c> carries it.</summary>
/// <param name="Progress">How far the work is, in the tool's own unit.</param>
/// <param name="Total">How far it will go, in the same unit; null when nobody knows.</param>
/// <param name="Message">What is being done, for a person to read; null for nothing to say.</param>
public readonly record struct ProgressUpdate(double Progress, double? Total, string? Message);
