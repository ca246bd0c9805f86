using System.Management.Automation;
using System.Management.Automation.Host;

namespace McpProgress.PowerShell.Progress;

/// <summary>
/// Writes progress records for a cmdlet, under a source of its own. A stopped pipeline writes nothing any more, but a bar
/// that was drawn must still be taken away: that record goes to the host itself.
/// </summary>
internal sealed class ProgressWriter(ICommandRuntime runtime, PSHost host)
{
    private static long _lastSource = 1_000_000;

    private readonly long _source = Interlocked.Increment(ref _lastSource);

    /// <summary>Draws a bar. Pipeline thread only.</summary>
    public void Draw(ProgressRecord record) => runtime.WriteProgress(_source, record);

    /// <summary>Takes a bar away, in a stopped pipeline and at the end of the cmdlet's life too.</summary>
    public void Complete(ProgressRecord record)
    {
        record.RecordType = ProgressRecordType.Completed;
        try
        {
            runtime.WriteProgress(_source, record);
        }
        catch (Exception exception) when (exception is PipelineStoppedException or InvalidOperationException)
        {
            host.UI.WriteProgress(_source, record);
        }
    }
}
