using System.Globalization;
using System.Management.Automation;
using McpProgress.Core.Progress;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Progress;

/// <summary>
/// The progress bar of one call. Updates come from the reader and coalesce in a <see cref="ProgressPacer"/>; drawing happens
/// on the pipeline thread. However the call ends, <see cref="Complete"/> takes the bar away.
/// </summary>
internal sealed class ProgressRow : IDisposable
{
    private const int LongestText = 200;

    private static int _lastActivityId = 1_000_000;

    private readonly ProgressWriter _writer;
    private readonly string _activity;
    private readonly int _parentId;
    private readonly int _activityId = Interlocked.Increment(ref _lastActivityId);
    private readonly MilestoneReport? _milestones;
    private readonly Action? _drawAbove;
    private bool _drawn;

    /// <param name="writer">Writes the records.</param>
    /// <param name="pump">Carries draw requests to the pipeline thread.</param>
    /// <param name="activity">What runs.</param>
    /// <param name="parentId">The activity id of the row above; −1 for none.</param>
    /// <param name="milestones">Set where no console shows bars.</param>
    /// <param name="drawAbove">Brings the row above up to date before this one is drawn.</param>
    public ProgressRow(ProgressWriter writer, PipelinePump pump, string activity, int parentId, MilestoneReport? milestones, Action? drawAbove = null)
    {
        _drawAbove = drawAbove;
        _writer = writer;
        _activity = TerminalText.Shorten(TerminalText.Clean(activity), LongestText);
        _parentId = parentId;
        _milestones = milestones;
        Pacer = new ProgressPacer(ProgressPacer.ConsoleInterval, () => pump.Post(Draw));
    }

    /// <summary>Takes the updates.</summary>
    public ProgressPacer Pacer { get; }

    /// <summary>An activity id that no other row has.</summary>
    public static int NewActivityId() => Interlocked.Increment(ref _lastActivityId);

    /// <summary>Draws what came since the last draw. Pipeline thread only.</summary>
    public void Draw()
    {
        if (!Pacer.TryTake(out ProgressView view))
        {
            return;
        }

        string status = StatusOf(view);
        _drawn = true;
        _drawAbove?.Invoke();
        _writer.Draw(new ProgressRecord(_activityId, _activity, status)
        {
            ParentActivityId = _parentId,
            PercentComplete = view.PercentComplete,
            SecondsRemaining = view.SecondsRemaining,
        });
        _milestones?.Report(_activity, status, view.PercentComplete);
    }

    /// <summary>Draws the last update and takes the bar away. Pipeline thread only.</summary>
    public void Complete()
    {
        try
        {
            Draw();
            _milestones?.Flush();
        }
        finally
        {
            if (_drawn)
            {
                _drawn = false;
                _writer.Complete(new ProgressRecord(_activityId, _activity, "Completed") { ParentActivityId = _parentId });
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Pacer.Dispose();

    /// <summary>The message, or the numbers where there is none; and how fast it goes.</summary>
    internal static string StatusOf(in ProgressView view)
    {
        ProgressUpdate update = view.Update;
        string message = TerminalText.Shorten(TerminalText.Clean(update.Message), LongestText);
        string count = update.Total is { } total ? $"{Number(update.Progress)}/{Number(total)}" : Number(update.Progress);
        string status = message.Length == 0 ? count : update.Total is null ? $"{message} ({count})" : message;
        return view.PerSecond is { } rate and > 0 ? $"{status} · {Number(rate)}/s" : status;
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.##", CultureInfo.CurrentCulture);
}
