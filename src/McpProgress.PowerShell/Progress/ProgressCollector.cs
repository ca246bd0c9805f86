using McpProgress.Core.Progress;

namespace McpProgress.PowerShell.Progress;

/// <summary>
/// Keeps every update for <c>-ProgressVariable</c>, and passes it on to the bar. The reader writes while the call runs;
/// the user looks once it has ended.
/// </summary>
internal sealed class ProgressCollector(IProgressObserver? next, List<object> updates) : IProgressObserver
{
    public void OnProgress(in ProgressUpdate update)
    {
        // A call that timed out may still be adding its last update while the next one starts.
        lock (updates)
        {
            updates.Add(new McpProgressUpdate(update));
        }

        next?.OnProgress(update);
    }
}
