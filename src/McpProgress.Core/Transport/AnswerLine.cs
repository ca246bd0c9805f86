using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>
/// Reads a line that is a plain answer: a result that is an object, or an error without data, with a number for its id. It
/// comes out as the SDK's serializer would read it; but that serializer is not needed for it, and to make it ready takes a new
/// process longer than all the rest of its first call. Any other line is left to it.
/// </summary>
internal static class AnswerLine
{
    // As the serializer's, whose options are those for the web.
    private static readonly JsonNodeOptions NodeOptions = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Reads the line. False: it is something else, or spelled in a way that is not worth the trouble.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, [NotNullWhen(true)] out JsonRpcMessageWithId? answer)
    {
        answer = null;
        try
        {
            var reader = new Utf8JsonReader(line);
            bool hasVersion = false;
            long? id = null;
            Range? result = null;
            JsonRpcErrorDetail? error = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!hasVersion && reader.ValueTextEquals("jsonrpc"u8))
                {
                    hasVersion = reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
                    if (!hasVersion)
                    {
                        return false;
                    }
                }
                else if (id is null && reader.ValueTextEquals("id"u8))
                {
                    id = reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? number : null;
                    if (id is null)
                    {
                        return false;
                    }
                }
                else if (result is null && reader.ValueTextEquals("result"u8))
                {
                    if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                    {
                        return false;
                    }

                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    result = start..(int)reader.BytesConsumed;
                }
                else if (error is null && reader.ValueTextEquals("error"u8))
                {
                    error = ReadError(ref reader);
                    if (error is null)
                    {
                        return false;
                    }
                }
                else
                {
                    return false;
                }
            }

            // The last read tells of anything behind the message.
            if (!hasVersion || id is not { } known || reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                return false;
            }

            answer = (result, error) switch
            {
                ({ } range, null) => new JsonRpcResponse { Id = new RequestId(known), Result = JsonNode.Parse(line[range], NodeOptions) },
                (null, not null) => new JsonRpcError { Id = new RequestId(known), Error = error },
                _ => null,
            };
            return answer is not null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or a text that is none.
            return false;
        }
    }

    private static JsonRpcErrorDetail? ReadError(ref Utf8JsonReader reader)
    {
        int? code = null;
        string? message = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (code is null && reader.ValueTextEquals("code"u8))
            {
                code = reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number) ? number : null;
                if (code is null)
                {
                    return null;
                }
            }
            else if (message is null && reader.ValueTextEquals("message"u8))
            {
                message = reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                if (message is null)
                {
                    return null;
                }
            }
            else
            {
                return null;
            }
        }

        return code is { } known && message is not null ? new JsonRpcErrorDetail { Code = known, Message = message } : null;
    }
}
