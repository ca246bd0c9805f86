using System.Management.Automation;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Progress;

/// <summary>The bars of many tasks: one row each for the first few that run, under a row with the count of all.</summary>
internal sealed class TaskBoard(ProgressWriter writer, IReadOnlyList<BackgroundTask> tasks)
{
    /// <summary>How often the board is drawn.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>More rows than a screen has would push each other away.</summary>
    private const int MostRows = 8;

    private readonly int _parentId = ProgressRow.NewActivityId();
    private readonly Dictionary<BackgroundTask, (int Id, BackgroundState State)> _rows = [];
    private (int Done, bool Drawn) _parent;
    private bool _completed;

    /// <summary>Draws what has changed.</summary>
    public void Draw()
    {
        if (_completed)
        {
            return;
        }

        foreach ((BackgroundTask task, (int id, _)) in _rows.Where(row => row.Key.State.IsTerminal).ToArray())
        {
            _rows.Remove(task);
            Close(id, TitleOf(task));
        }

        DrawParent();
        foreach (BackgroundTask task in _rows.Keys.Concat(tasks.Where(task => !task.State.IsTerminal && !_rows.ContainsKey(task)).Take(MostRows - _rows.Count)).ToArray())
        {
            DrawRow(task);
        }
    }

    /// <summary>Takes all bars away.</summary>
    public void Complete()
    {
        _completed = true;
        foreach ((BackgroundTask task, (int id, _)) in _rows)
        {
            Close(id, TitleOf(task));
        }

        if (_parent.Drawn)
        {
            writer.Complete(new ProgressRecord(_parentId, "Waiting for tasks", "Completed"));
        }
    }

    private void DrawParent()
    {
        int done = tasks.Count(task => task.State.IsTerminal);
        if (tasks.Count > 1 && _parent != (done, true))
        {
            _parent = (done, true);
            writer.Draw(new ProgressRecord(_parentId, "Waiting for tasks", $"{done} of {tasks.Count} have ended") { PercentComplete = done * 100 / tasks.Count });
        }
    }

    private void DrawRow(BackgroundTask task)
    {
        BackgroundState state = task.State;
        if (_rows.TryGetValue(task, out (int Id, BackgroundState State) row) && row.State == state)
        {
            return;
        }

        int id = row.Id == 0 ? ProgressRow.NewActivityId() : row.Id;
        _rows[task] = (id, state);
        string status = TerminalText.Clean(state.StatusMessage);
        writer.Draw(new ProgressRecord(id, TitleOf(task), status.Length > 0 ? status : state.Status.ToString())
        {
            ParentActivityId = _parent.Drawn ? _parentId : -1,
            PercentComplete = state.PercentComplete,
        });
    }

    private void Close(int id, string title) => writer.Complete(new ProgressRecord(id, title, "Completed") { ParentActivityId = _parent.Drawn ? _parentId : -1 });

    private static string TitleOf(BackgroundTask task) => TerminalText.Clean($"{task.Tool} ({task.ServerName})");
}
