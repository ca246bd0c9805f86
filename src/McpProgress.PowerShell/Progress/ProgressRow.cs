using System.Globalization;
using System.Management.Automation;
using McpProgress.Core.Progress;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Progress;

/// <summary>
/// The progress bar of one call. Updates come from the reader and coalesce in a <see cref="ProgressPacer"/>; drawing happens
/// on the pipeline thread. However the call ends, <see cref="Complete"/> takes the bar away. Most calls report nothing: what
/// drawing needs is made when the first update comes.
/// </summary>
/// <param name="writer">Writes the records.</param>
/// <param name="pump">Carries draw requests to the pipeline thread.</param>
/// <param name="title">What runs, as the server calls it.</param>
/// <param name="parentId">The activity id of the row above; −1 for none.</param>
/// <param name="milestones">Set where no console shows bars.</param>
/// <param name="drawAbove">Brings the row above up to date before this one is drawn.</param>
internal sealed class ProgressRow(ProgressWriter writer, PipelinePump pump, string title, int parentId, MilestoneReport? milestones, Action? drawAbove = null)
    : IProgressObserver, IDisposable
{
    private const int LongestText = 200;

    private static int _lastActivityId = 1_000_000;

    private readonly object _lock = new();
    private ProgressPacer? _pacer;
    private string? _activity;
    private int _activityId;
    private bool _disposed;
    private bool _drawn;

    /// <inheritdoc/>
    public void OnProgress(in ProgressUpdate update)
    {
        ProgressPacer? pacer;
        lock (_lock)
        {
            pacer = _pacer ??= _disposed ? null : new ProgressPacer(ProgressPacer.ConsoleInterval, () => pump.Post(Draw));
        }

        pacer?.OnProgress(update);
    }

    /// <summary>An activity id that no other row has.</summary>
    public static int NewActivityId() => Interlocked.Increment(ref _lastActivityId);

    /// <summary>Draws what came since the last draw. Pipeline thread only.</summary>
    public void Draw()
    {
        ProgressView view = default;
        if (Pacer()?.TryTake(out view) != true)
        {
            return;
        }

        if (_activity is null)
        {
            _activity = TerminalText.Shorten(TerminalText.Clean(title), LongestText);
            _activityId = NewActivityId();
        }

        string status = StatusOf(view);
        _drawn = true;
        drawAbove?.Invoke();
        writer.Draw(new ProgressRecord(_activityId, _activity, status)
        {
            ParentActivityId = parentId,
            PercentComplete = view.PercentComplete,
            SecondsRemaining = view.SecondsRemaining,
        });
        milestones?.Report(_activity, status, view.PercentComplete);
    }

    /// <summary>Draws the last update and takes the bar away. Pipeline thread only.</summary>
    public void Complete()
    {
        try
        {
            Draw();
            milestones?.Flush();
        }
        finally
        {
            if (_drawn)
            {
                _drawn = false;
                writer.Complete(new ProgressRecord(_activityId, _activity, "Completed") { ParentActivityId = parentId });
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _pacer?.Dispose();
        }
    }

    private ProgressPacer? Pacer()
    {
        lock (_lock)
        {
            return _pacer;
        }
    }

    /// <summary>The message, or the numbers where there is none; and how fast it goes.</summary>
    internal static string StatusOf(in ProgressView view)
    {
        ProgressUpdate update = view.Update;
        string message = TerminalText.Shorten(TerminalText.Clean(update.Message), LongestText);
        string count = update.Total is { } total ? $"{Number(update.Progress)}/{Number(total)}" : Number(update.Progress);
        string status = message.Length == 0 ? count : update.Total is null ? $"{message} ({count})" : message;
        return view.PerSecond is { } rate and > 0 ? $"{status} · {Number(rate)}/s" : status;
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) switch { >= 1e15 => "0.##E+0", >= 100 => "0", _ => "0.##" }, CultureInfo.CurrentCulture);
}
