using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Events;

/// <summary>
/// Writes the events of a hub as lines of a log. Nearly all lines of a flood differ from the one before in a few numbers
/// only: they are put together from the text that stays the same.
/// </summary>
/// <param name="hub">The stream.</param>
/// <param name="output">Takes the lines as UTF-8.</param>
internal sealed class EventLineWriter(EventHub hub, IBufferWriter<byte> output) : IDisposable
{
    /// <summary>What a line has at most besides its message and the text that stays the same.</summary>
    private const int LongestNumbers = 400;

    private const double LargestWhole = 1e15;

    /// <summary>Characters that JSON takes as they are, in one byte each.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;/-_()[]{}%#*=!?@$|~^");

    private readonly Utf8JsonWriter _json = new(output, new JsonWriterOptions { SkipValidation = true });
    private (string? Server, string? CallId, string? TaskId, long Parent) _origin;
    private string? _middle;

    /// <summary>Writes an event, and a line feed.</summary>
    public void Write(in ConnectionEvent happened)
    {
        if (!TryWriteCount(happened))
        {
            WriteAny(happened);
        }

        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <summary>Writes progress that is counted in whole numbers to a known total, with a message that needs no escapes or none.</summary>
    private bool TryWriteCount(in ConnectionEvent happened)
    {
        ProgressUpdate update = happened.Progress;
        if (happened.Name != EventNames.Progress || happened.Payload is not null ||
            !IsWhole(update.Progress) || update.Total is not { } total || !IsWhole(total) || update.Message.AsSpan().ContainsAnyExcept(Plain))
        {
            return false;
        }

        string middle = Middle(happened);
        string message = update.Message ?? "";
        (string open, string close) = update.Message is null ? ("", "") : (",\"message\":\"", "\"");
        bool isWritten = Utf8.TryWrite(
            output.GetSpan(LongestNumbers + (3 * middle.Length) + message.Length),
            CultureInfo.InvariantCulture,
            $"{{\"id\":\"{hub.Prefix}-{happened.Sequence}\",\"sequence\":{happened.Sequence},\"timestamp\":\"{happened.Timestamp:O}\"{middle}{update.Sequence},\"progress\":{(long)update.Progress},\"total\":{(long)total},\"percentComplete\":{update.PercentComplete}{open}{message}{close}}}}}",
            out int length);
        output.Advance(isWritten ? length : 0);
        return isWritten;
    }

    /// <summary>What is the same for all progress of a call or task.</summary>
    private string Middle(in ConnectionEvent happened)
    {
        var origin = (happened.Server, happened.CallId, happened.TaskId, happened.Parent);
        if (_middle is null || origin != _origin)
        {
            string callId = happened.CallId is null ? "" : $",\"callId\":{JsonSerializer.Serialize(happened.CallId)}";
            string taskId = happened.TaskId is null ? "" : $",\"taskId\":{JsonSerializer.Serialize(happened.TaskId)}";
            string parentId = happened.Parent == 0 ? "" : $",\"parentId\":\"{hub.IdOf(happened.Parent)}\"";
            _middle = $",\"server\":{JsonSerializer.Serialize(happened.Server)},\"name\":\"{EventNames.Progress}\"{callId}{taskId}{parentId},\"data\":{{\"sequence\":";
            _origin = origin;
        }

        return _middle;
    }

    private void WriteAny(in ConnectionEvent happened)
    {
        _json.WriteStartObject();
        _json.WriteString("id", hub.IdOf(happened.Sequence));
        _json.WriteNumber("sequence", happened.Sequence);
        _json.WriteString("timestamp", happened.Timestamp);
        _json.WriteString("server", happened.Server);
        _json.WriteString("name", happened.Name);
        if (happened.CallId is not null)
        {
            _json.WriteString("callId", happened.CallId);
        }

        if (happened.TaskId is not null)
        {
            _json.WriteString("taskId", happened.TaskId);
        }

        if (happened.Parent != 0)
        {
            _json.WriteString("parentId", hub.IdOf(happened.Parent));
        }

        _json.WritePropertyName("data");
        if (happened.Name == EventNames.Progress && happened.Payload is null)
        {
            WriteProgress(happened.Progress);
        }
        else
        {
            (happened.Payload ?? []).WriteTo(_json);
        }

        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
    }

    private void WriteProgress(in ProgressUpdate update)
    {
        _json.WriteStartObject();
        _json.WriteNumber("sequence", update.Sequence);
        _json.WriteNumber("progress", update.Progress);
        if (update.Total is { } total)
        {
            _json.WriteNumber("total", total);
        }

        _json.WriteNumber("percentComplete", update.PercentComplete);
        if (update.Message is { } message)
        {
            _json.WriteString("message", message);
        }

        _json.WriteEndObject();
    }

    private static bool IsWhole(double value) => Math.Abs(value) < LargestWhole && value == Math.Truncate(value);
}
