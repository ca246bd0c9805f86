using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;

namespace McpProgress.Core.Events;

/// <summary>
/// An append-only log of events as JSON Lines. Lines are gathered and appended in whole batches, at least once a second,
/// under an exclusive lock on the file, so that several processes can write to one log.
/// </summary>
public sealed class EventLog : IAsyncDisposable
{
    private const int MostWaiting = 200_000;
    private const int BatchBytes = 256 * 1024;

    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    private readonly EventHub _hub;
    private readonly Func<string, bool> _wanted;
    private readonly long _rotateAt;
    private readonly int _kept;
    private readonly Channel<ConnectionEvent> _waiting = Channel.CreateBounded<ConnectionEvent>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes + 4096);
    private readonly IDisposable _subscription;
    private readonly Task _writing;
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
        Path = path;
        _wanted = wanted;
        _rotateAt = rotateAt;
        _kept = kept;
        try
        {
            using FileStream probe = Open(path, FileMode.Append, FileAccess.Write, FileShare.None, LockPatience);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The event log '{path}' cannot be written: {exception.Message} Name a file in a folder you may write to.", exception);
        }

        _subscription = hub.Subscribe(Take);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How many events were written.</summary>
    public long Written { get; private set; }

    /// <summary>How many events came faster than the disk took them, and are not in the log.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Why the log has stopped; null while it works.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Reads a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unreadable">Told the number of each line that is no event: the last one may be torn by a crash.</param>
    public static IEnumerable<EventLogLine> Read(string path, Action<int>? unreadable = null)
    {
        using FileStream stream = Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, LockPatience);
        using var reader = new StreamReader(stream);
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (EventLogLine.TryParse(line, out EventLogLine parsed))
            {
                yield return parsed;
            }
            else
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
        await _writing.ConfigureAwait(false);
    }

    private void Take(in ConnectionEvent happened)
    {
        if (_wanted(happened.Name) && (_waiting.Reader.Count >= MostWaiting || !_waiting.Writer.TryWrite(happened)))
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
                // Gather for a while: a batch costs one lock and one write, however many lines it has.
                await Task.WhenAny(Task.Delay(FlushEvery / 4), _waiting.Reader.Completion).ConfigureAwait(false);
                AppendBatches();
            }
        }
        catch (Exception exception)
        {
            // Kept for whoever asks: the work that is logged must not suffer from its log.
            Failure = exception;
            _subscription.Dispose();
        }
    }

    private void AppendBatches()
    {
        int count;
        do
        {
            count = 0;
            _batch.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_batch, new JsonWriterOptions { SkipValidation = true }))
            {
                while (_batch.WrittenCount < BatchBytes && _waiting.Reader.TryRead(out ConnectionEvent happened))
                {
                    EventLogLine.Write(json, _hub, happened);
                    json.Flush();
                    json.Reset();
                    _batch.Write("\n"u8);
                    count++;
                }
            }

            if (count > 0)
            {
                Rotate();
                using FileStream file = Open(Path, FileMode.Append, FileAccess.Write, FileShare.None, LockPatience);
                file.Write(_batch.WrittenSpan);
                Written += count;
            }
        }
        while (count > 0);
    }

    private void Rotate()
    {
        if (_rotateAt <= 0 || new FileInfo(Path) is not { Exists: true } file || file.Length < _rotateAt)
        {
            return;
        }

        for (int number = _kept - 1; number >= 1; number--)
        {
            if (File.Exists($"{Path}.{number}"))
            {
                File.Move($"{Path}.{number}", $"{Path}.{number + 1}", overwrite: true);
            }
        }

        File.Move(Path, $"{Path}.1", overwrite: true);
    }

    /// <summary>Opens the file; waits while another process writes its batch.</summary>
    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share, TimeSpan patience)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, mode, access, share, bufferSize: access == FileAccess.Read ? 4096 : 1);
            }
            catch (IOException exception) when (
                exception.GetType() == typeof(IOException) && File.Exists(path) && System.Diagnostics.Stopwatch.GetElapsedTime(started) < patience)
            {
                Thread.Sleep(10);
            }
        }
    }
}
