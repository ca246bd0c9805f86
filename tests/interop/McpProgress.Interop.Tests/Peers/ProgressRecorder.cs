using McpProgress.Core.Progress;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>Keeps every update of a call, and tells when there are enough.</summary>
internal sealed class ProgressRecorder(int awaited = int.MaxValue) : IProgressObserver
{
    private readonly List<ProgressUpdate> _updates = [];
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the awaited update.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public IReadOnlyList<ProgressUpdate> Updates
    {
        get
        {
            lock (_updates)
            {
                return [.. _updates];
            }
        }
    }

    public void OnProgress(in ProgressUpdate update)
    {
        lock (_updates)
        {
            _updates.Add(update);
            if (_updates.Count == awaited)
            {
                _reached.TrySetResult();
            }
        }
    }
}
