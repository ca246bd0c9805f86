using System.Management.Automation;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Publishing;

/// <summary>What a caller is told of an error: message, category and error id, and nothing of where this machine keeps its files.</summary>
/// <param name="folders">The folders that are not named to callers.</param>
internal sealed class ErrorText(IEnumerable<string> folders)
{
    private static readonly StringComparison PathComparison =
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    // The longest first: a folder within another one disappears whole.
    private readonly string[] _folders =
    [
        .. folders.Select(Path.TrimEndingDirectorySeparator).Where(folder => folder.Length > 1).Distinct(StringComparer.Ordinal).OrderByDescending(folder => folder.Length),
    ];

    /// <summary>An error record in one text.</summary>
    public string Of(ErrorRecord error)
    {
        // "throw" with a text makes the text the id, too.
        var message = Message(error);
        var id = Clean(error.FullyQualifiedErrorId);
        return id.Length == 0 || id == message ? $"{message} [{error.CategoryInfo.Category}]" : $"{message} [{error.CategoryInfo.Category}, {id}]";
    }

    /// <summary>The text of what ended a pipeline.</summary>
    public string Of(Exception failure) =>
        failure is IContainsErrorRecord { ErrorRecord: { } record } ? Of(record) : $"{Clean(failure.Message)} [{failure.GetType().Name}]";

    private string Message(ErrorRecord error)
    {
        var message = error.ErrorDetails?.Message is { Length: > 0 } details ? details : error.Exception.Message;
        return Clean(message);
    }

    private string Clean(string text)
    {
        foreach (var folder in _folders)
        {
            text = text.Replace(folder + Path.DirectorySeparatorChar, "", PathComparison).Replace(folder, "…", PathComparison);
        }

        return TerminalText.Clean(text, keepLines: true);
    }
}
