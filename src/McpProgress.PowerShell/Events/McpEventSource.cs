using System.ComponentModel;

namespace McpProgress.PowerShell.Events;

/// <summary>
/// What the engine takes for the source of a subscriber of ours: it says only of those that have one that they were
/// unregistered (PSLocalEventManager.UnsubscribeEvent). Public because the engine binds to its event.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class McpEventSource
{
#pragma warning disable CS0067 // Never raised: the events come in the order of the stream, through the engine's queue.
    /// <summary>What the engine binds to.</summary>
    public event EventHandler? Event;
#pragma warning restore CS0067

    /// <inheritdoc/>
    public override string ToString() => "McpProgress";
}
