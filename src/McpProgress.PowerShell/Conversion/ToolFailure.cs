using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Conversion;

/// <summary>The failure that a tool's own error becomes.</summary>
internal static class ToolFailure
{
    // Error records are shown, logged and kept in $Error; a tool's text may be as long as a message.
    private const int LongestText = 4_000;

    public static McpFailureException Of(string tool, ToolCallResult result)
    {
        string text = TerminalText.Clean(result.Text, keepLines: true);
        return new McpFailureException(
            ErrorIds.ToolError,
            text.Length == 0 ? $"The tool '{tool}' reported an error without a text. -Raw shows its whole result."
            : text.Length > LongestText ? $"{TerminalText.Shorten(text, LongestText)} (-Raw shows the whole result.)"
            : text);
    }
}
