using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Conversion;

/// <summary>The failure that a tool's own error becomes.</summary>
internal static class ToolFailure
{
    public static McpFailureException Of(string tool, ToolCallResult result)
    {
        string text = TerminalText.Clean(result.Text, keepLines: true);
        return new McpFailureException(
            ErrorIds.ToolError, text.Length > 0 ? text : $"The tool '{tool}' reported an error without a text. -Raw shows its whole result.");
    }
}
