using System.Diagnostics;
using System.Management.Automation;
using McpProgress.Core.Progress;

namespace McpProgress.PowerShell.Progress;

/// <summary>The row above the calls of one cmdlet, drawn as soon as there is more than one.</summary>
internal sealed class ParentRow(ProgressWriter writer)
{
    private readonly int _activityId = ProgressRow.NewActivityId();
    private string _tool = "";
    private int _calls;
    private int _drawnCall;
    private long _drawnAt;
    private bool _drawn;

    /// <summary>Says that the next of calls one after the other starts. Pipeline thread only.</summary>
    /// <returns>The activity id to put its row under; −1 for the first one.</returns>
    public int Next(string tool)
    {
        _tool = tool;
        if (++_calls == 1)
        {
            return -1;
        }

        if (Stopwatch.GetElapsedTime(_drawnAt) >= ProgressPacer.ConsoleInterval)
        {
            DrawCall();
        }

        return _activityId;
    }

    /// <summary>Draws which call it is, for one that takes its time or has a row of its own to draw. Pipeline thread only.</summary>
    public void DrawCall()
    {
        if (_calls > 1 && _drawnCall != _calls)
        {
            _drawn = true;
            _drawnAt = Stopwatch.GetTimestamp();
            _drawnCall = _calls;
            writer.Draw(new ProgressRecord(_activityId, $"Calling {_tool}", $"Call {_calls}"));
        }
    }

    /// <summary>The activity id of the row.</summary>
    public int ActivityId => _activityId;

    /// <summary>Draws how many of the calls side by side have ended. Pipeline thread only.</summary>
    /// <param name="view">How many have ended; with a total once there will be no more: only then can be said how long it takes.</param>
    /// <param name="started">How many there are so far.</param>
    public void Draw(in ProgressView view, int started)
    {
        _drawn = true;
        writer.Draw(new ProgressRecord(_activityId, "Calling tools", $"{view.Update.Progress} of {started} calls {(view.Update.Total is null ? "so far" : "have ended")}")
        {
            PercentComplete = view.PercentComplete,
            SecondsRemaining = view.SecondsRemaining,
        });
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
