using System.Text.Json;
using System.Text.RegularExpressions;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>Finds out which request an answer belonged to that was too long to keep.</summary>
internal static partial class OversizedMessage
{
    /// <summary>The id of the answer: at its start, or at its end where the TypeScript SDK writes it.</summary>
    public static RequestId? FindId(LineBuffer.OversizedLine line) => FindInHead(line.Head) ?? FindInTail(line.Tail);

    private static RequestId? FindInHead(ReadOnlySpan<byte> head)
    {
        try
        {
            var reader = new Utf8JsonReader(head, isFinalBlock: false, state: default);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
            {
                bool isId = reader.ValueTextEquals("id"u8);
                if (reader.ValueTextEquals("method"u8) || !reader.Read())
                {
                    return null;
                }

                if (isId)
                {
                    return reader.TokenType switch
                    {
                        JsonTokenType.Number when reader.TryGetInt64(out long number) => new RequestId(number),
                        JsonTokenType.String => new RequestId(reader.GetString()!),
                        _ => null,
                    };
                }

                if (!reader.TrySkip())
                {
                    return null;
                }
            }

            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

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
