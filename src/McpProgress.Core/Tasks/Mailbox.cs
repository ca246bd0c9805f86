namespace McpProgress.Core.Tasks;

/// <summary>Keeps what comes before somebody listens, and then hands it on.</summary>
internal sealed class Mailbox<T>
{
    /// <summary>Who starts work listens to it a moment later; who never does must not fill the memory.</summary>
    private const int MostKept = 1000;

    private readonly Queue<T> _kept = new();
    private Action<T>? _observer;

    /// <summary>Hands over what is kept, then each as it comes, on the thread that brings it.</summary>
    public void Observe(Action<T> observer)
    {
        lock (_kept)
        {
            _observer = observer;
            while (_kept.TryDequeue(out T? item))
            {
                observer(item);
            }
        }
    }

    /// <summary>Hands an item on, or keeps it while nobody listens.</summary>
    public void Put(T item)
    {
        lock (_kept)
        {
            if (_observer is { } observer)
            {
                observer(item);
            }
            else if (_kept.Count < MostKept)
            {
                _kept.Enqueue(item);
            }
        }
    }
}
