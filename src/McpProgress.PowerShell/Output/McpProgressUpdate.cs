using McpProgress.Core.Progress;
using McpProgress.Core.Text;

namespace McpProgress;

/// <summary>One progress update of a call, in the order it was received.</summary>
public sealed class McpProgressUpdate
{
    internal McpProgressUpdate(in ProgressUpdate update)
    {
        Sequence = update.Sequence;
        Progress = update.Progress;
        Total = update.Total;
        PercentComplete = update.PercentComplete;
        Message = update.Message is null ? null : TerminalText.Clean(update.Message);
        Timestamp = update.Timestamp;
    }

    /// <summary>1 for the first update of the call.</summary>
    public long Sequence { get; }

    /// <summary>The progress so far, in the server's unit.</summary>
    public double Progress { get; }

    /// <summary>Where it ends; empty when the server does not know.</summary>
    public double? Total { get; }

    /// <summary>0 to 100; −1 when the total is unknown.</summary>
    public int PercentComplete { get; }

    /// <summary>What the server said with it.</summary>
    public string? Message { get; }

    /// <summary>When it was received.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Progress}/{(Total is { } total ? total.ToString(System.Globalization.CultureInfo.InvariantCulture) : "?")} {Message}";
}
