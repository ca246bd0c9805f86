using System.Text.Json;
using System.Text.RegularExpressions;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>Finds out which request an answer belonged to that cannot be read, from the two ends of its line.</summary>
internal static partial class AnswerId
{
    /// <summary>How much of each end is looked at.</summary>
    public const int EndLength = 256;

    /// <summary>The id, at the start of the answer or, where the TypeScript SDK writes it, at the end. Null: the line is no answer.</summary>
    public static RequestId? Find(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        ReadHead(head, out bool isAnswer, out RequestId? id);
        return !isAnswer ? null : id ?? FindInTail(tail);
    }

    /// <summary>The same for a whole line that is broken somewhere.</summary>
    public static RequestId? FindIn(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> head = line[..Math.Min(line.Length, EndLength)];

        // Where a line was cut off, what looks like its end may be the id of something within the answer.
        return Find(head, IsCutOff(line) ? [] : line[^head.Length..]);
    }

    private static bool IsCutOff(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, isFinalBlock: false, state: default);
        try
        {
            while (reader.Read())
            {
                // To the end of it, or to what breaks it.
            }

            return reader.CurrentDepth > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void ReadHead(ReadOnlySpan<byte> head, out bool isAnswer, out RequestId? id)
    {
        isAnswer = false;
        id = null;
        try
        {
            var reader = new Utf8JsonReader(head, isFinalBlock: false, state: default);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("method"u8))
                {
                    isAnswer = false;
                    return;
                }

                isAnswer |= reader.ValueTextEquals("result"u8) || reader.ValueTextEquals("error"u8);
                bool isId = reader.ValueTextEquals("id"u8);
                if ((isAnswer && id is not null) || !(isId ? reader.Read() : reader.TrySkip()))
                {
                    return;
                }

                if (isId)
                {
                    id = ReadId(ref reader);
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The head is broken here; what was seen before it stands.
        }
    }

    private static RequestId? ReadId(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out long number) => new RequestId(number),
        JsonTokenType.String => new RequestId(reader.GetString()!),
        _ => null,
    };

    private static RequestId? FindInTail(ReadOnlySpan<byte> tail)
    {
        Match match = IdAtTheEnd().Match(System.Text.Encoding.UTF8.GetString(tail));
        return !match.Success ? null
            : match.Groups["number"].Success && long.TryParse(match.Groups["number"].ValueSpan, out long number) ? new RequestId(number)
            : match.Groups["text"].Success ? new RequestId(match.Groups["text"].Value)
            : null;
    }

    [GeneratedRegex("""[}\]"],?\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(?:(?<number>\d{1,18})|"(?<text>[^"\\]{1,128})")\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?}\s*$""", RegexOptions.CultureInvariant)]
    private static partial Regex IdAtTheEnd();
}
