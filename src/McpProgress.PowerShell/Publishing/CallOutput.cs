using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Text;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// Collects what one call puts out and makes its result: text as it is, objects as JSON, both as text and as
/// <c>structuredContent</c>. Size is bounded; a note says what was left out.
/// </summary>
/// <param name="isListed">Whether the tool's output schema promises a list, of whatever comes.</param>
internal sealed class CallOutput(bool isListed)
{
    /// <summary>How many bytes of output one call hands back at most; the rest is counted and left out.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>How many non-terminating errors are told one by one.</summary>
    public const int MaxErrors = 20;

    private readonly OutputJson _json = new(MaxBytes);
    private readonly List<string> _texts = [];
    private readonly List<byte[]> _values = [];
    private readonly List<ContentBlock> _blocks = [];
    private readonly List<string> _errors = [];
    private bool _hasObjects;
    private long _bytes;
    private long _omitted;
    private long _omittedErrors;

    /// <summary>Whether the command's only answer were errors.</summary>
    public bool HasOnlyErrors => _errors.Count > 0 && _texts.Count == 0 && _blocks.Count == 0;

    /// <summary>Takes an output object.</summary>
    public void Add(object? value)
    {
        if (_bytes > MaxBytes)
        {
            _omitted++;
            return;
        }

        if (OutputContent.Of(value) is { } block)
        {
            _bytes += OutputContent.Size(block);
            _blocks.Add(block);
            return;
        }

        var scalar = OutputJson.ScalarText(value);
        _hasObjects |= scalar is null && value is not null;
        var json = scalar is not null && !isListed ? JsonSerializer.SerializeToUtf8Bytes(Bounded(scalar)) : _json.Write(value).ToArray();
        var text = scalar is not null ? TerminalText.Clean(Bounded(scalar), keepLines: true) : Encoding.UTF8.GetString(json);
        _bytes += json.Length;
        _values.Add(json);
        _texts.Add(text);
    }

    /// <summary>Takes a non-terminating error.</summary>
    public void AddError(string text)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(text);
        }
        else
        {
            _omittedErrors++;
        }
    }

    /// <summary>The result of a call.</summary>
    /// <param name="failure">Why it failed; null when it did not.</param>
    public ToolResult ToResult(string? failure)
    {
        var isError = failure is not null || HasOnlyErrors;
        var content = new List<ContentBlock>();
        AddText(content, failure);
        AddText(content, Text());
        content.AddRange(_blocks);
        AddText(content, ErrorText());
        AddText(content, Notes());
        return new ToolResult
        {
            Content = content.Count > 0 ? content : [new TextContentBlock { Text = "" }],
            StructuredContent = isError ? null : Structured(),
            Meta = !isError && HasStructure && !IsOneObject ? new JsonObject { [ToolCallResult.WrappedMark] = true } : null,
            IsError = isError,
        };
    }

    private static void AddText(List<ContentBlock> content, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            content.Add(new TextContentBlock { Text = text });
        }
    }

    private string Bounded(string text)
    {
        if (text.Length <= MaxBytes)
        {
            return text;
        }

        _omitted++;
        return text[..MaxBytes];
    }

    private string Text() => _values.Count == 0 ? ""
        : !_hasObjects ? string.Join('\n', _texts)
        : _texts.Count == 1 ? _texts[0]
        : $"[{string.Join(',', _values.Select(Encoding.UTF8.GetString))}]";

    private bool HasStructure => isListed || _hasObjects;

    private bool IsOneObject => !isListed && _values.Count == 1 && _values[0][0] == (byte)'{';

    private JsonElement? Structured() => HasStructure ? JsonDocument.Parse(IsOneObject ? _values[0] : Wrapped()).RootElement : null;

    private byte[] Wrapped()
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteStartArray(CommandSchema.ResultName);
            _values.ForEach(value => writer.WriteRawValue(value));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private string? ErrorText() => _errors.Count == 0 ? null
        : string.Join('\n', _errors) + (_omittedErrors > 0 ? $"\n… and {_omittedErrors} further errors." : "");

    private string? Notes()
    {
        var notes = new List<string>();
        if (_omitted > 0 || _json.IsCut)
        {
            notes.Add($"The output was cut at {MaxBytes / (1024 * 1024)} MiB{(_omitted > 0 ? $"; {_omitted} objects were left out or shortened" : "")}.");
        }

        if (_json.IsFlattened)
        {
            notes.Add("Objects nested too deeply are shown as text.");
        }

        return notes.Count == 0 ? null : $"Note: {string.Join(' ', notes)}";
    }
}
