using System.Buffers.Text;
using System.Text;

namespace McpProgress.Core.Text;

/// <summary>
/// Makes JSON readable that holds half characters, as Python writes the bytes of a file name that is no UTF-8
/// (<c>\udcff</c>). System.Text.Json throws when such a text is read, which would cost all of it.
/// </summary>
internal static class Surrogates
{
    private const int EscapeLength = 6;

    /// <summary>Replaces escapes of half a character by <c>\ufffd</c>, where they stand.</summary>
    /// <param name="json">The text, from the front.</param>
    /// <param name="isWhole">False: more of it follows.</param>
    /// <returns>
    /// How many bytes are settled: all but an escape at the end, or the first half of a character there, that what follows
    /// may complete. These are always shorter than two escapes.
    /// </returns>
    public static int Mend(Span<byte> json, bool isWhole = true)
    {
        int place = json.IndexOf((byte)'\\');
        while (place >= 0)
        {
            Span<byte> escape = json[place..];
            if (!isWhole && IsCut(escape))
            {
                return place;
            }

            int length = CodeOf(escape) is not { } code ? Math.Min(2, escape.Length)
                : !char.IsSurrogate(code) ? EscapeLength
                : char.IsHighSurrogate(code) && CodeOf(escape[EscapeLength..]) is { } low && char.IsLowSurrogate(low) ? 2 * EscapeLength
                : 0;
            if (length == 0)
            {
                "\\ufffd"u8.CopyTo(escape);
                length = EscapeLength;
            }

            int next = escape[length..].IndexOf((byte)'\\');
            place = next < 0 ? -1 : place + length + next;
        }

        return json.Length;
    }

    /// <summary>The text with those escapes replaced.</summary>
    public static string Mend(string json)
    {
        if (!json.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
        {
            return json;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(json);
        Mend(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Whether the text ends in the middle of its first escape, or where the other half of a character may follow.</summary>
    private static bool IsCut(ReadOnlySpan<byte> escape) => CodeOf(escape) is { } code
        ? char.IsHighSurrogate(code) && IsBeginning(escape[EscapeLength..])
        : IsBeginning(escape);

    private static bool IsBeginning(ReadOnlySpan<byte> escape) =>
        escape.Length < EscapeLength && escape[..Math.Min(escape.Length, 2)].SequenceEqual("\\u"u8[..Math.Min(escape.Length, 2)]);

    /// <summary>The code unit of an escape <c>\uXXXX</c>; null for anything else.</summary>
    private static char? CodeOf(ReadOnlySpan<byte> escape) =>
        escape.Length >= EscapeLength && escape[0] == '\\' && escape[1] == 'u'
        && Utf8Parser.TryParse(escape[2..EscapeLength], out ushort code, out int read, 'x') && read == 4 ? (char)code : null;
}
