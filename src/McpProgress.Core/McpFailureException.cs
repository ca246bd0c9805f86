using McpProgress.Core.Text;

namespace McpProgress.Core;

/// <summary>A failure with a stable error id (see <see cref="ErrorIds"/>) and a message that says what to do next.</summary>
/// <param name="errorId">One of <see cref="ErrorIds"/>.</param>
/// <param name="message">
/// What went wrong and what to do next, in plain words. It may quote a server, so control characters are removed.
/// </param>
/// <param name="innerException">The cause, if there is one.</param>
public sealed class McpFailureException(string errorId, string message, Exception? innerException = null)
    : Exception(TerminalText.Clean(message, keepLines: true), innerException)
{
    /// <summary>The stable id of this kind of failure.</summary>
    public string ErrorId { get; } = errorId;
}
