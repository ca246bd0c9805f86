using System.Management.Automation;
using System.Text.Json.Nodes;
using McpProgress.Core.Events;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;

namespace McpProgress;

/// <summary>Something that happened on a connection, or an event of the user's own.</summary>
public sealed class McpEvent
{
    private readonly JsonObject _data;
    private PSObject? _shown;

    internal McpEvent(EventLogLine line, int depth = 0)
    {
        Id = line.Id;
        Sequence = line.Sequence;
        Timestamp = line.Timestamp;
        Server = line.Server;
        Name = line.Name;
        CallId = line.CallId;
        TaskId = line.TaskId;
        ParentId = line.ParentId;
        Depth = depth;
        _data = line.Data;
    }

    /// <summary>Unique over all streams.</summary>
    public string Id { get; }

    /// <summary>The place in its stream.</summary>
    public long Sequence { get; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>The connection; empty for an event of the user's own.</summary>
    public string? Server { get; }

    /// <summary>What happened, such as <c>progress</c>; about_McpProgress_Events lists the names.</summary>
    public string Name { get; }

    /// <summary>The call it belongs to.</summary>
    public string? CallId { get; }

    /// <summary>The background work it belongs to.</summary>
    public string? TaskId { get; }

    /// <summary>The event that caused it.</summary>
    public string? ParentId { get; }

    /// <summary>How far below the first event of the cascade it stands; 0 outside of one.</summary>
    public int Depth { get; }

    /// <summary>What it carries.</summary>
    public PSObject Data => _shown ??= JsonOutput.ToObject(_data) as PSObject ?? new PSObject();

    /// <summary>What it carries, in one line.</summary>
    public string Summary => TerminalText.Shorten(TerminalText.Clean(Summarize()), 200);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Summary}";

    private string Summarize() => Name switch
    {
        EventNames.Progress => _data["percentComplete"]?.ToString() is { } percent and not "-1" ? $"{percent} % {_data["message"]}" : $"{_data["progress"]} {_data["message"]}",
        EventNames.Log => $"{_data["level"]}: {_data["text"]}",
        EventNames.Result => $"{_data["tool"]}: {_data["text"]}",
        EventNames.Failed or EventNames.Cancelled => $"{_data["tool"]}: {_data["message"]}",
        EventNames.CallStarted => $"{_data["tool"]}",
        EventNames.TaskCreated => $"{_data["tool"]} as {_data["kind"]}",
        EventNames.TaskUpdated or EventNames.InputRequired => $"{_data["tool"]}: {_data["status"]} {_data["statusMessage"]}",
        _ => _data.Count == 0 ? "" : _data.ToJsonString(),
    };
}
