namespace McpProgress.Core.Events;

/// <summary>The cascade of an event: it, and all that followed from it.</summary>
public static class EventTree
{
    /// <summary>The event and its descendants, each before what it caused, in the order they happened.</summary>
    /// <param name="id">The first event.</param>
    /// <param name="lines">All that is known; events whose cause is not among them are not found.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument: there is no such event.</exception>
    public static IEnumerable<(EventLogLine Line, int Depth)> Below(string id, IReadOnlyList<EventLogLine> lines)
    {
        EventLogLine first = lines.FirstOrDefault(line => line.Id == id) ?? throw new McpFailureException(
            ErrorIds.InvalidArgument, $"There is no event '{id}' (any more). Get-McpEvent lists those that are kept.");
        return Walk(first, lines.ToLookup(line => line.ParentId));
    }

    private static IEnumerable<(EventLogLine Line, int Depth)> Walk(EventLogLine first, ILookup<string?, EventLogLine> causedBy)
    {
        // A log is a file that anybody may have written: in it an event can be its own cause, or be there twice.
        HashSet<string> seen = new(StringComparer.Ordinal);
        var open = new Stack<(EventLogLine Line, int Depth)>([(first, 0)]);
        while (open.TryPop(out (EventLogLine Line, int Depth) node))
        {
            if (!seen.Add(node.Line.Id))
            {
                continue;
            }

            yield return node;
            foreach (EventLogLine child in causedBy[node.Line.Id].Reverse())
            {
                open.Push((child, node.Depth + 1));
            }
        }
    }
}
