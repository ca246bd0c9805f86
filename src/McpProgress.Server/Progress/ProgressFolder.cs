using System.Globalization;
using System.Text;
using McpProgress.Core.Text;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Progress;

/// <summary>
/// Folds nested activities into the one line of progress that MCP has for a call: the outermost activity gives the
/// number, of 100; the message names the activities from the outermost to the one that moved.
/// </summary>
/// <remarks>
/// The protocol wants each number greater than the last, and scripts do not care: they repeat a percentage while an inner
/// activity moves on, start a second activity at 0, or know no percentage. A repeated percentage therefore creeps towards
/// the next one without reaching it, and a repeated end takes its total along; a further activity begins where the last
/// one ended, with a total of 100 more; without a percentage the number counts records, without a total. Not safe for use
/// by several threads at once.
/// </remarks>
public sealed class ProgressFolder
{
    /// <summary>The longest message, in UTF-16 code units.</summary>
    public const int LongestMessage = 500;

    /// <summary>How many activities are followed at once; beyond, the oldest inner one is forgotten.</summary>
    public const int MostActivities = 64;

    private const double WholeActivity = 100;

    // How slowly a repeated percentage creeps: half the way to the next after so many repetitions. Harmonic, so that
    // even after a hundred million the next step is one that a double can tell.
    private const double CreepHalf = 100;

    private readonly List<ActivityRecord> _activities = [];
    private readonly StringBuilder _line = new();
    private (long Source, int Id, string Activity)? _outermost;
    private double _last = double.NegativeInfinity;
    private double _offset;
    private double _floor;
    private long _repeats;
    private bool _counting;

    /// <summary>Takes a record and gives the update to send.</summary>
    /// <param name="record">The record.</param>
    /// <returns>Null when there is nothing to say: nothing is in progress any more.</returns>
    public ProgressUpdate? Fold(in ActivityRecord record)
    {
        if (record.IsCompleted)
        {
            if (!Remove(record.Source, record.Id) || _activities.Count == 0)
            {
                return null;
            }

            // What is left goes on: the line no longer names what has ended.
            var parent = Find(record.Source, record.ParentId);
            return Update(_activities[Math.Max(parent, 0)]);
        }

        Put(record);
        return Update(record);
    }

    private ProgressUpdate Update(in ActivityRecord moved)
    {
        var outermost = _activities[0];
        var progress = Next(outermost);
        return new ProgressUpdate(progress, _counting ? null : Math.Max(_offset + WholeActivity, progress), Line(outermost, moved));
    }

    private double Next(in ActivityRecord outermost)
    {
        var isNew = IsAnother(outermost);
        _outermost = (outermost.Source, outermost.Id, outermost.Activity);
        if (outermost.Percent < 0)
        {
            _counting = true;
            return _last = double.IsFinite(_last) ? Math.Floor(_last) + 1 : 1;
        }

        if ((_counting || isNew) && double.IsFinite(_last))
        {
            _offset = Math.Ceiling(_last);
        }

        _counting = false;
        var reached = _offset + Math.Min(outermost.Percent, WholeActivity);
        if (reached > _last)
        {
            (_floor, _repeats) = (reached, 0);
            return _last = reached;
        }

        if (_floor < _offset)
        {
            (_floor, _repeats) = (_offset, 0);
        }

        _repeats++;
        var crept = _floor + (_repeats / (_repeats + CreepHalf));
        var readable = Math.Floor(crept * 1000) / 1000;
        return _last = readable > _last ? readable : crept;
    }

    // Scripts reuse an id for the next phase without completing the last one: another text that starts again is another.
    private bool IsAnother(in ActivityRecord outermost) =>
        _outermost is { } before
        && ((before.Source, before.Id) != (outermost.Source, outermost.Id)
            || (before.Activity != outermost.Activity && _offset + outermost.Percent < _last));

    private void Put(in ActivityRecord record)
    {
        var index = Find(record.Source, record.Id);
        if (index >= 0)
        {
            _activities[index] = record;
            return;
        }

        if (_activities.Count == MostActivities)
        {
            _activities.RemoveAt(1);
        }

        var isOutside = _activities.Count > 0 && _activities[0].Source == record.Source && _activities[0].ParentId == record.Id;
        _activities.Insert(isOutside ? 0 : _activities.Count, record);
    }

    private bool Remove(long source, int id)
    {
        var index = Find(source, id);
        if (index < 0)
        {
            return false;
        }

        _activities.RemoveAt(index);
        if (index == 0)
        {
            _outermost = _outermost is { } ended ? ended with { Id = int.MinValue } : null;
        }

        // Its inner activities have ended with it.
        for (var inner = _activities.Count - 1; inner >= 0; inner--)
        {
            if (inner < _activities.Count && _activities[inner] is var child && child.Source == source && child.ParentId == id && child.Id != id)
            {
                Remove(source, child.Id);
            }
        }

        return true;
    }

    private int Find(long source, int id) => id < 0 ? -1 : _activities.FindIndex(activity => activity.Id == id && activity.Source == source);

    private string Line(in ActivityRecord outermost, in ActivityRecord moved)
    {
        _line.Clear();
        Append(outermost, isOutermost: true);
        if ((moved.Source, moved.Id) != (outermost.Source, outermost.Id))
        {
            AppendInner(outermost, moved, depth: 0);
        }

        return TerminalText.Shorten(TerminalText.Clean(_line.ToString()), LongestMessage);
    }

    // One without a parent in progress stands beside the outermost; there is one line, so it follows it too.
    private void AppendInner(in ActivityRecord outermost, in ActivityRecord inner, int depth)
    {
        var parent = Find(inner.Source, inner.ParentId);
        if (parent > 0 && depth < MostActivities)
        {
            AppendInner(outermost, _activities[parent], depth + 1);
        }

        _line.Append(" > ");
        Append(inner, isOutermost: false);
    }

    private void Append(in ActivityRecord activity, bool isOutermost)
    {
        _line.Append(activity.Activity);
        if (!string.IsNullOrWhiteSpace(activity.Status))
        {
            _line.Append(": ").Append(activity.Status);
        }

        if (!string.IsNullOrWhiteSpace(activity.Operation))
        {
            _line.Append(" - ").Append(activity.Operation);
        }

        // The outermost one's percentage is the number itself.
        if (!isOutermost && activity.Percent >= 0)
        {
            _line.Append(CultureInfo.InvariantCulture, $" ({Math.Min(activity.Percent, 100)}%)");
        }

        if (activity.SecondsRemaining >= 0)
        {
            _line.Append(CultureInfo.InvariantCulture, $" ({activity.SecondsRemaining} s left)");
        }
    }
}
