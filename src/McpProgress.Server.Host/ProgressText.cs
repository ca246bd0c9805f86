using System.Globalization;
using McpProgress.Core.Calls;
using McpProgress.Core.Progress;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Server.Host;

/// <summary>A call as lines of text, for a terminal or a log. What the server says is cleaned of terminal sequences.</summary>
internal static class ProgressText
{
    /// <summary><c>[Client Progress] 33.3% - step 1/3 - processing Hello-1</c>, or <c>step 0/?</c> while the total is unknown.</summary>
    public static string Of(in ProgressUpdate update)
    {
        var step = string.Create(CultureInfo.InvariantCulture, $"step {update.Progress}/");
        var where = update.Total is { } total
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(update.Progress / total * 100, 0, 100):F1}% - {step}{total}")
            : $"{step}?";
        return update.Message is { Length: > 0 } message
            ? $"[Client Progress] {where} - {TerminalText.Clean(message)}"
            : $"[Client Progress] {where}";
    }

    /// <summary><c>[Server Log] info: Download completed: data.zip</c>.</summary>
    public static string Of(ServerLogMessage log) =>
        $"[Server Log] {TerminalText.Clean(log.Level)}: {TerminalText.Clean(log.Text)}";

    /// <summary><c>[Client Result] …</c>, or <c>[Client Result] error: …</c> when the tool reports one.</summary>
    public static string Of(ToolCallResult result)
    {
        var text = TerminalText.Clean(result.Text.Length > 0 ? result.Text : result.Raw.ToJsonString(), keepLines: true);
        return result.IsError ? $"[Client Result] error: {text}" : $"[Client Result] {text}";
    }
}
