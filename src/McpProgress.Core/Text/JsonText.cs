using System.Text;
using System.Text.Json;

namespace McpProgress.Core.Text;

/// <summary>Reads JSON that a person wrote, and says where it is wrong the way an editor counts: from 1, in characters.</summary>
internal static class JsonText
{
    /// <summary>Parses a JSON text into an element that owns its memory.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="what">What the text is, to begin the message with.</param>
    /// <param name="options">What to accept.</param>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/> with line and column.</exception>
    public static JsonElement Parse(string text, string what, JsonDocumentOptions options = default)
    {
        try
        {
            using var document = JsonDocument.Parse(text, options);
            var root = document.RootElement.Clone();
            if (text.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
            {
                Decode(root);
            }

            return root;
        }
        catch (JsonException e)
        {
            var (line, column) = Position(text, e);
            throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"{what} is not valid JSON: line {line}, column {column}: {Reason(e)}",
                e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // The one for half a character written as it is, the other for one written as an escape.
            throw new McpFailureException(ErrorIds.InvalidArgument, $"{what} is not valid JSON: it holds half a Unicode character (a lone surrogate).", e);
        }
    }

    /// <summary>Reads every text, so that an escaped half character fails here and not at its first use.</summary>
    private static void Decode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Decode(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Decode(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            default:
                break;
        }
    }

    private static (long Line, int Column) Position(string text, JsonException error)
    {
        var line = error.LineNumber ?? 0;
        var rest = text.AsSpan();
        for (var i = 0L; i < line; i++)
        {
            rest = rest[(rest.IndexOf('\n') + 1)..];
        }

        // The reader counts UTF-8 bytes, people count characters.
        var bytes = error.BytePositionInLine ?? 0;
        var column = 0;
        foreach (var rune in rest.EnumerateRunes())
        {
            if ((bytes -= rune.Utf8SequenceLength) < 0)
            {
                break;
            }

            column++;
        }

        return (line + 1, column + 1);
    }

    private static string Reason(JsonException error)
    {
        // The reader appends its own, zero-based position.
        var position = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return TerminalText.Clean(position < 0 ? error.Message : error.Message[..position]);
    }
}
