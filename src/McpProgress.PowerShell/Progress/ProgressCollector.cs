using McpProgress.Core.Progress;

namespace McpProgress.PowerShell.Progress;

/// <summary>Keeps every update for <c>-ProgressVariable</c>, and passes it on to the bar.</summary>
internal sealed class ProgressCollector(IProgressObserver next, List<McpProgressUpdate> updates) : IProgressObserver
{
    public void OnProgress(in ProgressUpdate update)
    {
        // The reader writes while a call runs; the list is handed out when it has ended. The lock orders the two.
        lock (updates)
        {
            updates.Add(new McpProgressUpdate(update));
        }

        next.OnProgress(update);
    }
}
