namespace McpProgress.Core.Events;

/// <summary>Remembers which event is being handled: what the handler starts has it as its cause.</summary>
public static class EventCause
{
    /// <summary>Says that an event is being handled in this flow, until disposed.</summary>
    /// <param name="sequence">The event's sequence.</param>
    public static IDisposable Handling(long sequence)
    {
        long before = EventScope.Current;
        EventScope.Current = sequence;
        return new Handled(before);
    }

    /// <summary>The event that is being handled in this flow; 0 for none.</summary>
    public static long Current => EventScope.Current;

    private sealed class Handled(long before) : IDisposable
    {
        public void Dispose() => EventScope.Current = before;
    }
}
