using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>Writes <c>notifications/progress</c> without a JSON tree in between.</summary>
internal static class ProgressNotification
{
    // Up to here a double holds every whole number exactly; whole numbers are the common case and format faster.
    private const double MaxExactInteger = 9007199254740992;

    private static readonly JsonEncodedText JsonRpc = JsonEncodedText.Encode("jsonrpc");
    private static readonly JsonEncodedText Version = JsonEncodedText.Encode("2.0");
    private static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    private static readonly JsonEncodedText MethodName = JsonEncodedText.Encode(NotificationMethods.ProgressNotification);
    private static readonly JsonEncodedText Params = JsonEncodedText.Encode("params");
    private static readonly JsonEncodedText Token = JsonEncodedText.Encode("progressToken");
    private static readonly JsonEncodedText Progress = JsonEncodedText.Encode("progress");
    private static readonly JsonEncodedText Total = JsonEncodedText.Encode("total");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");

    /// <summary>Writes the notification; the token keeps its type, absent fields are left out.</summary>
    public static void Write(Utf8JsonWriter json, ProgressToken token, ProgressUpdate update)
    {
        json.WriteStartObject();
        json.WriteString(JsonRpc, Version);
        json.WriteString(Method, MethodName);
        json.WriteStartObject(Params);
        if (token.Token is long number)
        {
            json.WriteNumber(Token, number);
        }
        else
        {
            json.WriteString(Token, (string)token.Token!);
        }

        WriteNumber(json, Progress, update.Progress);
        if (update.Total is { } total)
        {
            WriteNumber(json, Total, total);
        }

        if (update.Message is { } message)
        {
            json.WriteString(Message, message);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The notification as a message tree, for streams that take nothing else.</summary>
    public static JsonRpcNotification ToMessage(ProgressToken token, ProgressUpdate update)
    {
        var parameters = new JsonObject
        {
            ["progressToken"] = token.Token is long number ? JsonValue.Create(number) : JsonValue.Create((string)token.Token!),
            ["progress"] = update.Progress,
        };
        if (update.Total is { } total)
        {
            parameters["total"] = total;
        }

        if (update.Message is { } message)
        {
            parameters["message"] = message;
        }

        return new JsonRpcNotification { Method = NotificationMethods.ProgressNotification, Params = parameters };
    }

    private static void WriteNumber(Utf8JsonWriter json, JsonEncodedText name, double value)
    {
        if (value == Math.Truncate(value) && Math.Abs(value) <= MaxExactInteger)
        {
            json.WriteNumber(name, (long)value);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }
}
