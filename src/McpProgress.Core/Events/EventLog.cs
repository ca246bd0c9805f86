using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;

namespace McpProgress.Core.Events;

/// <summary>
/// An append-only log of events as JSON Lines. Lines are gathered and appended in whole batches, at least once a second,
/// by <see cref="EventLogFile"/>, so that several processes can write to one log.
/// </summary>
public sealed class EventLog : IAsyncDisposable
{
    private const int MostWaiting = 200_000;
    private const int BatchBytes = 256 * 1024;

    /// <summary>How long lines are gathered: well below the second within which an event is in the file.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    private readonly EventHub _hub;
    private readonly Func<string, bool> _wanted;
    private readonly EventLogFile _file;
    private readonly Channel<ConnectionEvent> _waiting = Channel.CreateBounded<ConnectionEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes + 4096);
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IDisposable _subscription;
    private readonly Task _writing;
    private Exception? _failure;
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
        _hub = hub;
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
    public Exception? Failure => Volatile.Read(ref _failure);

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
        _waiting.Writer.TryComplete();
        _ending.TrySetResult();
        await _writing.ConfigureAwait(false);
    }

    private void Take(in ConnectionEvent happened)
    {
        if (_wanted(happened.Name) && !_waiting.Writer.TryWrite(happened))
        {
            Interlocked.Increment(ref _missed);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                // A batch costs one lock and one write, however many lines it has.
                await Task.WhenAny(Task.Delay(Gather), _ending.Task).ConfigureAwait(false);
                while (AppendBatch())
                {
                }
            }
        }
        catch (Exception exception)
        {
            // Kept for whoever asks, and told: the work that is logged must not suffer from its log.
            Volatile.Write(ref _failure, exception);
            Abandon();
            Failed?.Invoke(exception);
        }
    }

    /// <summary>Appends up to a batch of what waits; false when there was nothing.</summary>
    private bool AppendBatch()
    {
        _batch.ResetWrittenCount();
        int count = 0;
        try
        {
            using (var json = new Utf8JsonWriter(_batch, new JsonWriterOptions { SkipValidation = true }))
            {
                while (_batch.WrittenCount < BatchBytes && _waiting.Reader.TryRead(out ConnectionEvent happened))
                {
                    count++;
                    EventLogLine.Write(json, _hub, happened);
                    json.Flush();
                    json.Reset();
                    _batch.Write("\n"u8);
                }
            }

            if (count > 0)
            {
                _file.Append(_batch.WrittenSpan);
                Interlocked.Add(ref _written, count);
            }
        }
        catch
        {
            Interlocked.Add(ref _missed, count);
            throw;
        }

        return count > 0;
    }

    // From here on Take counts what is missed, since nothing can be put into a completed channel.
    private void Abandon()
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out _))
        {
            Interlocked.Increment(ref _missed);
        }
    }
}
