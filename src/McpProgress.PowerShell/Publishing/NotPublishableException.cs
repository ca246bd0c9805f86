namespace McpProgress.PowerShell.Publishing;

/// <summary>A command cannot be a tool; the message is the end of a sentence that begins with its name.</summary>
internal sealed class NotPublishableException(string reason) : Exception(reason);
