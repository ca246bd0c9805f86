using McpProgress.Core.Progress;

namespace McpProgress.Core.Tests.Support;

/// <summary>Keeps every update in the order it came, and says when there are enough.</summary>
internal sealed class RecordingObserver : IProgressObserver
{
    private readonly object _lock = new();
    private readonly List<ProgressUpdate> _updates = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];

    /// <summary>What else to do with an update, on the reader.</summary>
    public Action<ProgressUpdate>? Hook { get; set; }

    public IReadOnlyList<ProgressUpdate> Updates
    {
        get
        {
            lock (_lock)
            {
                return [.. _updates];
            }
        }
    }

    public void OnProgress(in ProgressUpdate update)
    {
        Hook?.Invoke(update);
        lock (_lock)
        {
            _updates.Add(update);
            foreach ((int count, TaskCompletionSource reached) in _waiting)
            {
                if (_updates.Count >= count)
                {
                    reached.TrySetResult();
                }
            }
        }
    }

    public Task ReachedAsync(int count)
    {
        lock (_lock)
        {
            if (_updates.Count >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task.Within();
        }
    }
}
