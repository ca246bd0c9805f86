using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProgress.Core.Transport;

/// <summary>
/// Reads <c>notifications/progress</c> straight from UTF-8, without the JSON tree the SDK builds for every message.
/// Shape: specification, basic/utilities/progress.
/// </summary>
internal static class ProgressLine
{
    internal const string Method = "notifications/progress";

    /// <summary>A line longer than this is no ordinary progress notification and takes the general way.</summary>
    private const int LongestFastLine = 16 * 1024;

    /// <summary>The content of one notification. <see cref="Token"/> is null when it cannot be one of ours.</summary>
    internal readonly record struct Content(long? Token, double? Progress, double? Total, string? Message);

    /// <summary>Reads the line when it is a progress notification; says false for everything else, also for broken JSON.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out Content content)
    {
        content = default;
        if (line.Length > LongestFastLine || line.IndexOf("\"notifications/progress\""u8) < 0)
        {
            return false;
        }

        try
        {
            return TryReadCore(line, out content);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads the parameters of a notification that was already decoded into a tree, as over HTTP.</summary>
    public static Content Read(JsonNode? parameters)
    {
        return new Content(
            TokenOf(parameters.Member("progressToken")),
            NumberOf(parameters.Member("progress")),
            NumberOf(parameters.Member("total")),
            parameters.Member("message").Text());
    }

    private static bool TryReadCore(ReadOnlySpan<byte> line, out Content content)
    {
        content = default;
        bool isProgress = false;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Reads(ref reader, "method"u8))
            {
                reader.Read();
                isProgress = reader.TokenType == JsonTokenType.String && Reads(ref reader, "notifications/progress"u8);
                if (!isProgress)
                {
                    return false;
                }
            }
            else if (Reads(ref reader, "params"u8))
            {
                reader.Read();
                content = ReadParameters(ref reader);
            }
            else if (Reads(ref reader, "id"u8))
            {
                return false;
            }
            else
            {
                reader.Skip();
            }
        }

        // Anything after the object makes the line invalid: reading on throws.
        reader.Read();
        return isProgress;
    }

    private static Content ReadParameters(ref Utf8JsonReader reader)
    {
        long? token = null;
        double? progress = null;
        double? total = null;
        string? message = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Reads(ref reader, "progressToken"u8))
            {
                reader.Read();
                token = ReadToken(ref reader);
            }
            else if (Reads(ref reader, "progress"u8))
            {
                reader.Read();
                progress = ReadNumber(ref reader);
            }
            else if (Reads(ref reader, "total"u8))
            {
                reader.Read();
                total = ReadNumber(ref reader);
            }
            else if (Reads(ref reader, "message"u8))
            {
                reader.Read();
                message = ReadText(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Content(token, progress, total, message);
    }

    // Half a character written as an escape throws: it is no name that is looked for.
    private static bool Reads(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueTextEquals(text);
        }

        try
        {
            return reader.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // Our tokens are integers. A server that echoes one as text is wrong, but plainly means us.
    private static long? ReadToken(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetInt64(out long number) ? number : null;
        }

        return TokenOf(ReadText(ref reader));
    }

    // A string that is no valid text, such as half an emoji, costs the text and not the update.
    private static string? ReadText(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static double? ReadNumber(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetDouble(out double number) ? number : null;
        }

        reader.Skip();
        return null;
    }

    private static long? TokenOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out long number) ? number : TokenOf(node.Text());

    private static long? TokenOf(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;

    private static double? NumberOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
