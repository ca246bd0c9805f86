using System.Buffers;

namespace McpProgress.Core.Events;

/// <summary>
/// An append-only log of events as JSON Lines. Lines are gathered and appended in whole batches, at least once a second,
/// by <see cref="EventLogFile"/>, so that several processes can write to one log.
/// </summary>
public sealed class EventLog : IAsyncDisposable
{
    private const int MostWaiting = 200_000;
    private const int BatchBytes = 256 * 1024;

    /// <summary>So many events are written at once: in a flood the writer works beside the reader, not after it.</summary>
    private const int Many = 4096;

    /// <summary>How long events are gathered: well below the second within which they are in the file.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    private readonly Func<string, bool> _wanted;
    private readonly EventLogFile _file;
    private readonly object _lock = new();
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes + 4096);
    private readonly EventLineWriter _lines;
    private readonly IDisposable _subscription;
    private readonly Task _writing;

    /// <summary>Released for the first event that waits, for the one that makes them many, and at the end.</summary>
    private readonly SemaphoreSlim _signal = new(0);

    private List<ConnectionEvent> _waiting = [];
    private Exception? _failure;
    private bool _isEnding;
    private long _written;
    private long _missed;

    /// <summary>Starts to log.</summary>
    /// <param name="hub">The stream.</param>
    /// <param name="path">The file; it is created, or appended to.</param>
    /// <param name="wanted">Which names are logged.</param>
    /// <param name="rotateAt">The size in bytes at which the file is put aside and a new one begun; 0 never.</param>
    /// <param name="kept">How many files that were put aside are kept.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument: the file cannot be written.</exception>
    public EventLog(EventHub hub, string path, Func<string, bool> wanted, long rotateAt = 0, int kept = 5)
    {
        _lines = new EventLineWriter(hub, _batch);
        _wanted = wanted;
        _file = new EventLogFile(path, rotateAt, kept);
        try
        {
            _file.Probe();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The event log '{path}' cannot be written: {exception.Message} Name a file in a folder you may write to.", exception);
        }

        _subscription = hub.Subscribe(Take);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Raised once when the log can no longer be written, from a thread of its own; the events go on without it.</summary>
    public event Action<Exception>? Failed;

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>How many events were written.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>How many events are not in the log: they came faster than the disk took them, or after it failed.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Why the log has stopped; null while it works.</summary>
    public Exception? Failure
    {
        get
        {
            lock (_lock)
            {
                return _failure;
            }
        }
    }

    /// <summary>Whether nothing more is written.</summary>
    public bool IsEnded => _writing.IsCompleted;

    /// <summary>Reads a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unreadable">Told the number of each line that is no event: the last one may be torn by a crash.</param>
    public static IEnumerable<EventLogLine> Read(string path, Action<int>? unreadable = null)
    {
        int number = 0;
        foreach (string line in EventLogFile.ReadLines(path))
        {
            number++;
            if (EventLogLine.TryParse(line, out EventLogLine parsed))
            {
                yield return parsed;
            }
            else if (line.Length > 0)
            {
                unreadable?.Invoke(number);
            }
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        lock (_lock)
        {
            _isEnding = true;
        }

        _signal.Release(2);
        await _writing.ConfigureAwait(false);
        _lines.Dispose();
    }

    private void Take(in ConnectionEvent happened)
    {
        if (!_wanted(happened.Name))
        {
            return;
        }

        lock (_lock)
        {
            if (_failure is not null || _waiting.Count >= MostWaiting)
            {
                _missed++;
                return;
            }

            _waiting.Add(happened);
            if (_waiting.Count is not (1 or Many))
            {
                return;
            }
        }

        _signal.Release();
    }

    private async Task WriteAsync()
    {
        List<ConnectionEvent> batch = [];
        try
        {
            bool isLast;
            do
            {
                await _signal.WaitAsync().ConfigureAwait(false);
                await _signal.WaitAsync(Gather).ConfigureAwait(false);
                lock (_lock)
                {
                    (batch, _waiting) = (_waiting, batch);
                    isLast = _isEnding;
                }

                Append(batch);
                batch.Clear();
            }
            while (!isLast);
        }
        catch (Exception exception)
        {
            // Kept for whoever asks, and told: the work that is logged must not suffer from its log.
            lock (_lock)
            {
                _failure = exception;
                _missed += _waiting.Count;
                _waiting = [];
            }

            Failed?.Invoke(exception);
        }
    }

    private void Append(List<ConnectionEvent> events)
    {
        int done = 0;
        try
        {
            while (done < events.Count)
            {
                _batch.ResetWrittenCount();
                int next = done;
                while (next < events.Count && _batch.WrittenCount < BatchBytes)
                {
                    _lines.Write(events[next++]);
                }

                _file.Append(_batch.WrittenSpan);
                Interlocked.Add(ref _written, next - done);
                done = next;
            }
        }
        catch
        {
            lock (_lock)
            {
                _missed += events.Count - done;
            }

            throw;
        }
    }
}
