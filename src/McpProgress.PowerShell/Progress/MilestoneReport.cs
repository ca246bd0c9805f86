using System.Management.Automation;
using System.Management.Automation.Host;

namespace McpProgress.PowerShell.Progress;

/// <summary>
/// Progress for hosts without a console, such as a CI log: one information record for each 10 % or each 10 seconds,
/// tagged McpProgress.
/// </summary>
internal sealed class MilestoneReport(Cmdlet cmdlet, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private int _reportedTenth = -1;
    private long _reportedAt;
    private string? _pending;

    /// <summary>The report for a console host whose output goes to a file or a log; null where bars can be drawn.</summary>
    public static MilestoneReport? ForHost(Cmdlet cmdlet, PSHost host) =>
        host.Name == "ConsoleHost" && Console.IsOutputRedirected ? new MilestoneReport(cmdlet, TimeProvider.System) : null;

    /// <summary>Reports when there is enough news.</summary>
    public void Report(string activity, string status, int percent)
    {
        int tenth = percent / 10;
        string line = percent >= 0 ? $"{activity}: {percent} % - {status}" : $"{activity}: {status}";
        bool first = _reportedAt == 0;
        if (!first && (percent < 0 || tenth == _reportedTenth) && time.GetElapsedTime(_reportedAt) < Interval)
        {
            _pending = line;
            return;
        }

        _reportedTenth = tenth;
        _reportedAt = time.GetTimestamp();
        _pending = null;
        cmdlet.WriteInformation(line, ["McpProgress"]);
    }

    /// <summary>Reports the last state, so that a log does not stop at 90 %.</summary>
    public void Flush()
    {
        if (_pending is { } line)
        {
            _pending = null;
            cmdlet.WriteInformation(line, ["McpProgress"]);
        }
    }
}
