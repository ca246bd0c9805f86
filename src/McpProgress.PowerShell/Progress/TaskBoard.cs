using System.Management.Automation;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Progress;

/// <summary>The bars of many tasks: one row each for the first few that run, under a row with the count of all.</summary>
internal sealed class TaskBoard(ProgressWriter writer, IReadOnlyList<McpJob> jobs)
{
    /// <summary>How often the board is drawn.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>More rows than a screen has would push each other away.</summary>
    private const int MostRows = 8;

    private readonly int _parentId = ProgressRow.NewActivityId();
    private readonly Dictionary<McpJob, (int Id, BackgroundState State)> _rows = [];
    private (int Done, bool Drawn) _parent;
    private bool _completed;

    /// <summary>Draws what has changed.</summary>
    public void Draw()
    {
        if (_completed)
        {
            return;
        }

        foreach ((McpJob job, (int id, _)) in _rows.Where(row => HasEnded(row.Key)).ToArray())
        {
            _rows.Remove(job);
            Close(id, TitleOf(job));
        }

        DrawParent();
        foreach (McpJob job in _rows.Keys.Concat(jobs.Where(job => !HasEnded(job) && !_rows.ContainsKey(job)).Take(MostRows - _rows.Count)).ToArray())
        {
            DrawRow(job);
        }
    }

    /// <summary>Takes all bars away.</summary>
    public void Complete()
    {
        _completed = true;
        foreach ((McpJob job, (int id, _)) in _rows)
        {
            Close(id, TitleOf(job));
        }

        if (_parent.Drawn)
        {
            writer.Complete(new ProgressRecord(_parentId, "Waiting for tasks", "Completed"));
        }
    }

    private void DrawParent()
    {
        int done = jobs.Count(HasEnded);
        if (jobs.Count > 1 && _parent != (done, true))
        {
            _parent = (done, true);
            writer.Draw(new ProgressRecord(_parentId, "Waiting for tasks", $"{done} of {jobs.Count} have ended") { PercentComplete = done * 100 / jobs.Count });
        }
    }

    private void DrawRow(McpJob job)
    {
        BackgroundState state = job.Core!.State;
        if (_rows.TryGetValue(job, out (int Id, BackgroundState State) row) && row.State == state)
        {
            return;
        }

        int id = row.Id == 0 ? ProgressRow.NewActivityId() : row.Id;
        _rows[job] = (id, state);
        string status = TerminalText.Clean(state.StatusMessage);
        writer.Draw(new ProgressRecord(id, TitleOf(job), status.Length > 0 ? status : state.Status.ToString())
        {
            ParentActivityId = _parent.Drawn ? _parentId : -1,
            PercentComplete = state.PercentComplete,
        });
    }

    private void Close(int id, string title) => writer.Complete(new ProgressRecord(id, title, "Completed") { ParentActivityId = _parent.Drawn ? _parentId : -1 });

    private static bool HasEnded(McpJob job) => job.Core!.State.IsTerminal;

    private static string TitleOf(McpJob job) => $"{TerminalText.Clean(job.Name)}: {job.Activity}";
}
