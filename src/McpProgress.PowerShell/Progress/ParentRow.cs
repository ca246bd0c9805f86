using System.Management.Automation;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Progress;

/// <summary>The row above the calls of one cmdlet, drawn as soon as there is more than one.</summary>
internal sealed class ParentRow(ProgressWriter writer)
{
    private readonly int _activityId = ProgressRow.NewActivityId();
    private int _calls;
    private bool _drawn;

    /// <summary>Says that the next call starts.</summary>
    /// <returns>The activity id to put its row under; −1 for the first one.</returns>
    public int Next(PipelinePump pump, string tool)
    {
        int call = ++_calls;
        if (call == 1)
        {
            return -1;
        }

        pump.Post(() =>
        {
            _drawn = true;
            writer.Draw(new ProgressRecord(_activityId, $"Calling {tool}", $"Call {call}"));
        });
        return _activityId;
    }

    /// <summary>Takes the row away.</summary>
    public void Complete()
    {
        if (_drawn)
        {
            _drawn = false;
            writer.Complete(new ProgressRecord(_activityId, "Calling", "Completed"));
        }
    }
}
