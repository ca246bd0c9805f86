namespace McpProgress.Server.Tools;

/// <summary>A tool's failure whose message is meant for the caller: it becomes an <c>isError</c> result.</summary>
/// <param name="message">What went wrong and what to do about it.</param>
/// <param name="innerException">The cause, for the server's own log only.</param>
public sealed class ToolException(string message, Exception? innerException = null) : Exception(message, innerException);
