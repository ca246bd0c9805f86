using System.Buffers;
using System.Text;

namespace McpProgress.Core.Text;

/// <summary>
/// Makes text from a server safe for a terminal. What a server sends is data: it must not move the cursor, set a
/// title, hide or reorder what is on the screen.
/// </summary>
public static class TerminalText
{
    private const char Escape = '\x1b';
    private const char Bell = '\a';

    // C0 and C1 controls, DEL, the line and paragraph separators, and the bidirectional embeddings, overrides and
    // isolates (the characters of "Trojan Source", Unicode TR 36). Everything else is left as it is.
    private const string Unsafe =
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000b\u000c\r\u000e\u000f" +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f" +
        "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f" +
        "\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f" +
        "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

    private static readonly SearchValues<char> UnsafeInLines = SearchValues.Create(Unsafe);
    private static readonly SearchValues<char> UnsafeInOneLine = SearchValues.Create(Unsafe + "\t\n");

    /// <summary>
    /// The text without control characters, escape sequences (ECMA-48: CSI, OSC, DCS and their kin, in the seven-bit
    /// and the eight-bit form) and bidirectional controls. A string sequence that is never terminated ends with its line.
    /// </summary>
    /// <param name="text">The text; null gives an empty one.</param>
    /// <param name="keepLines">
    /// True keeps tabs and line breaks, the latter as <c>\n</c>; false makes each run of them one space, for one-line use.
    /// </param>
    /// <returns>The same instance when there was nothing to remove.</returns>
    public static string Clean(string? text, bool keepLines = false)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var first = text.AsSpan().IndexOfAny(keepLines ? UnsafeInLines : UnsafeInOneLine);
        return first < 0 ? text : Rewrite(text, first, keepLines);
    }

    /// <summary>The text in at most <paramref name="max"/> characters, with an ellipsis where it was cut.</summary>
    /// <param name="text">The text; null gives an empty one.</param>
    /// <param name="max">The longest result, in UTF-16 code units; at least 1.</param>
    public static string Shorten(string? text, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (text is null || text.Length <= max)
        {
            return text ?? "";
        }

        var end = max - 1;
        if (end > 0 && char.IsHighSurrogate(text[end - 1]))
        {
            end--; // half a character is not text
        }

        return string.Concat(text.AsSpan(0, end), "…");
    }

    private static string Rewrite(string text, int clean, bool keepLines)
    {
        var result = new StringBuilder(text.Length);
        result.Append(text, 0, clean);
        var inBreak = false;

        for (var at = clean; at < text.Length;)
        {
            var c = text[at];
            if (IsLineBreak(c) || c == '\t')
            {
                if (keepLines)
                {
                    result.Append(c == '\t' ? c : '\n');
                    at += c == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
                    continue;
                }

                if (!inBreak)
                {
                    result.Append(' ');
                }

                inBreak = true;
                at++;
                continue;
            }

            var next = SkipControl(text, at);
            if (next == at)
            {
                result.Append(c);
                inBreak = false;
                next++;
            }

            at = next;
        }

        return result.ToString();
    }

    private static bool IsLineBreak(char c) => c is '\n' or '\v' or '\f' or '\r' or '\u0085' or '\u2028' or '\u2029';

    /// <summary>The index behind the control character or sequence at <paramref name="at"/>, or the same index when there is none.</summary>
    private static int SkipControl(string text, int at) => text[at] switch
    {
        Escape => SkipEscape(text, at + 1),
        '\u009b' => SkipControlSequence(text, at + 1),
        '\u0090' or '\u0098' or '\u009d' or '\u009e' or '\u009f' => SkipStringSequence(text, at + 1),
        var c when UnsafeInLines.Contains(c) => at + 1,
        _ => at,
    };

    private static int SkipEscape(string text, int at)
    {
        if (at == text.Length)
        {
            return at;
        }

        switch (text[at])
        {
            case '[':
                return SkipControlSequence(text, at + 1);
            case ']' or 'P' or 'X' or '^' or '_':
                return SkipStringSequence(text, at + 1);
            default:
                while (at < text.Length && text[at] is >= ' ' and <= '/')
                {
                    at++;
                }

                return at < text.Length && text[at] is >= '0' and <= '~' ? at + 1 : at;
        }
    }

    private static int SkipControlSequence(string text, int at)
    {
        while (at < text.Length && text[at] is >= ' ' and <= '?')
        {
            at++;
        }

        return at < text.Length && text[at] is >= '@' and <= '~' ? at + 1 : at;
    }

    private static int SkipStringSequence(string text, int at)
    {
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case Bell or '\u009c' or '\u0018' or '\u001a':
                    return at + 1;
                case Escape:
                    // ESC \ is the terminator; any other escape aborts the string and starts a sequence of its own.
                    return at + 1 < text.Length && text[at + 1] == '\\' ? at + 2 : at;
                case var c when IsLineBreak(c):
                    return at;
                default:
                    break;
            }
        }

        return at;
    }
}
