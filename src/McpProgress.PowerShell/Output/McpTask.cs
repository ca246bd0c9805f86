using System.Text.RegularExpressions;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;

namespace McpProgress;

/// <summary>Background work, whatever the wire calls it. The properties of a task of this session are read live.</summary>
public sealed partial class McpTask
{
    private const int ShortLength = 8;

    private readonly TaskRecord? _record;

    internal McpTask(BackgroundTask core, McpJob? job)
    {
        Core = core;
        Job = job;
    }

    internal McpTask(TaskRecord record) => _record = record;

    /// <summary>The id: the server's where it gives one.</summary>
    public string Id => Core?.Id ?? _record!.Id;

    /// <summary>
    /// The start of the id, as the table shows it. It names the task to the cmdlets, where no other starts so, and has a
    /// character more where PowerShell would read it as a number.
    /// </summary>
    public string ShortId
    {
        get
        {
            string id = TerminalText.Clean(Id);
            string start = id[..Math.Min(ShortLength, id.Length)];
            return start.Length == id.Length || !LooksLikeNumber().IsMatch(start) ? start : id[..(ShortLength + 1)];
        }
    }

    /// <summary><c>ExtensionTask</c>, <c>Task</c>, <c>Mcpc</c> or <c>Call</c>.</summary>
    public string Kind => (Core?.Kind ?? _record!.Kind).ToString();

    /// <summary>The connection it was started on.</summary>
    public string Server => Core?.ServerName ?? _record!.ServerName;

    /// <summary>The tool.</summary>
    public string Tool => Core?.Tool ?? _record!.Tool;

    /// <summary><c>Working</c>, <c>InputRequired</c>, <c>Completed</c>, <c>Failed</c> or <c>Cancelled</c>; for a task of an earlier session the last state known.</summary>
    public string Status => (Core?.State.Status ?? _record!.Status).ToString();

    /// <summary>What the server says of it.</summary>
    public string? StatusMessage => TerminalText.Clean(Core is null ? _record!.StatusMessage : Core.State.StatusMessage);

    /// <summary>How far it is, in the server's unit.</summary>
    public double? Progress => Core?.State.Progress;

    /// <summary>Where it ends, in the same unit.</summary>
    public double? Total => Core?.State.Total;

    /// <summary>0 to 100; −1 while it is unknown.</summary>
    public int PercentComplete => Core?.State.PercentComplete ?? -1;

    /// <summary>When it began.</summary>
    public DateTimeOffset CreatedAt => Core?.CreatedAt ?? _record!.CreatedAt;

    /// <summary>When its state last changed.</summary>
    public DateTimeOffset? UpdatedAt => Core?.State.UpdatedAt;

    /// <summary>When the server may forget it; empty when it does not say or never does.</summary>
    public DateTimeOffset? ExpiresAt => Core is null ? _record!.ExpiresAt : Core.State.ExpiresAt;

    /// <summary>How often the server wants to be asked.</summary>
    public TimeSpan? PollInterval => Core is null
        ? (_record!.PollIntervalMs is { } interval ? TimeSpan.FromMilliseconds(interval) : null)
        : Core.State.PollInterval;

    /// <summary>The job of this session; empty for a task of an earlier one, which Resume-McpTask takes up.</summary>
    public int? JobId => Job?.Id;

    /// <summary>What the task asks, when it waits for input.</summary>
    public McpInputRequest[] InputRequest => [.. (Core?.PendingInput ?? []).Select(request => new McpInputRequest(request))];

    internal BackgroundTask? Core { get; }

    internal McpJob? Job { get; }

    internal TaskRecord? Record => _record;

    /// <inheritdoc/>
    public override string ToString() => Id;

    // Of the hexadecimal digits that make up most ids: 12345678, 1234e567, 1234567d, 0b010101.
    [GeneratedRegex(@"^(0[xb])?\d+(e\d+)?d?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeNumber();
}
