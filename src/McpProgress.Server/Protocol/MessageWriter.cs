using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using McpProgress.Server.Http;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>How messages are set apart on a stream.</summary>
/// <param name="prefix">The bytes before each message.</param>
/// <param name="suffix">The bytes after it.</param>
internal sealed class MessageFraming(byte[] prefix, byte[] suffix)
{
    /// <summary>One message a line, as stdio wants it.</summary>
    public static MessageFraming Line { get; } = new([], "\n"u8.ToArray());

    /// <summary>One server-sent event a message, as Streamable HTTP wants it.</summary>
    public static MessageFraming ServerSentEvent { get; } = new("event: message\ndata: "u8.ToArray(), "\n\n"u8.ToArray());

    public ReadOnlySpan<byte> Prefix => prefix;

    public ReadOnlySpan<byte> Suffix => suffix;
}

/// <summary>
/// The one writer of a stream: whole messages, in the order they were given, however many threads give them.
/// Messages gather in a buffer while the one before is being written, so a burst costs few writes; progress is written
/// behind the tool's back, everything else at once. A reader that is too slow slows the senders down
/// (<see cref="HighWater"/>) instead of filling memory.
/// </summary>
#pragma warning disable CA1001 // The JSON writer writes to memory of ours: disposing it would only flush it.
internal sealed class MessageWriter
#pragma warning restore CA1001
{
    /// <summary>From so many waiting bytes on, a sender waits until they are being written.</summary>
    public const int HighWater = 256 * 1024;

    // A buffer that a huge message made grow is let go rather than kept for the life of the stream.
    private const int KeepCapacity = 4 * HighWater;

    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    private readonly Stream _stream;
    private readonly MessageFraming _framing;
    private readonly Action<Exception> _onBroken;
    private readonly EventHistory? _history;
    private readonly object _gate = new();
    private readonly Utf8JsonWriter _json;
    private ArrayBufferWriter<byte> _filling = new(16 * 1024);
    private ArrayBufferWriter<byte> _spare = new(16 * 1024);
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _idle;
    private int _begin;
    private bool _writing;
    private bool _closed;

    /// <summary>Makes the writer of a stream; from then on nobody else may write to it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="framing">How messages are set apart.</param>
    /// <param name="onBroken">Called once when the stream can no longer be written to; later messages are dropped.</param>
    /// <param name="history">Numbers and keeps what is written, also once the stream is broken or closed; null for nothing.</param>
    /// <param name="first">What goes out before the first message, with it; null for nothing.</param>
    public MessageWriter(Stream stream, MessageFraming framing, Action<Exception> onBroken, EventHistory? history = null, byte[]? first = null)
    {
        _filling.Write(first);
        _stream = stream;
        _framing = framing;
        _onBroken = onBroken;
        _history = history;
        _json = new Utf8JsonWriter(_filling, new JsonWriterOptions { SkipValidation = true });
    }

    /// <summary>Writes a message at once, or behind those being written.</summary>
    public Task WriteAsync(JsonRpcMessage message)
    {
        // Serialized before the lock is taken, and whole or not at all: a message that cannot be serialized must not
        // leave half a line on the stream.
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, MessageType);
        lock (_gate)
        {
            if (_closed && _history is null)
            {
                return Task.CompletedTask;
            }

            var buffer = Begin();
            buffer.Write(bytes);
            if (!End(buffer))
            {
                return Task.CompletedTask;
            }

            if (_writing)
            {
                return WhenRoom();
            }

            _writing = true;
        }

        return DrainAsync();
    }

    /// <summary>Writes a progress notification soon; returns at once unless the reader is far behind.</summary>
    /// <remarks>This is the hot path: straight to the buffer, no JSON tree, no write call per update.</remarks>
    public ValueTask WriteProgressAsync(ProgressToken token, ProgressUpdate update)
    {
        lock (_gate)
        {
            if (_closed && _history is null)
            {
                return default;
            }

            var buffer = Begin();
            _json.Reset(buffer);
            ProgressNotification.Write(_json, token, update);
            _json.Flush();
            if (!End(buffer))
            {
                return default;
            }

            if (_writing)
            {
                var room = WhenRoom();
                return room.IsCompleted ? default : new ValueTask(room);
            }

            _writing = true;
        }

        _ = Task.Run(DrainAsync);
        return default;
    }

    /// <summary>Writes bytes that are no message, such as a comment.</summary>
    public Task WriteRawAsync(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return Task.CompletedTask;
            }

            _filling.Write(bytes);
            if (_writing)
            {
                return WhenRoom();
            }

            _writing = true;
        }

        return DrainAsync();
    }

    /// <summary>Takes no more messages; completes when all that were taken are written. Nothing touches the stream afterwards.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;

            // A sender that waits for a reader who may never read again is let go: its message is taken.
            _room?.TrySetResult();
            return _writing ? (_idle ??= NewSource()).Task : Task.CompletedTask;
        }
    }

    // A message that comes too late for the stream is made beside it, for the history alone.
    private ArrayBufferWriter<byte> Begin()
    {
        var buffer = _closed ? new ArrayBufferWriter<byte>() : _filling;
        _begin = buffer.WrittenCount;
        _history?.WriteId(buffer);
        buffer.Write(_framing.Prefix);
        return buffer;
    }

    // False when nothing is to be written to the stream.
    private bool End(ArrayBufferWriter<byte> buffer)
    {
        buffer.Write(_framing.Suffix);
        _history?.Keep(buffer.WrittenSpan[_begin..]);
        return !_closed;
    }

    private Task WhenRoom() =>
        _filling.WrittenCount < HighWater ? Task.CompletedTask : (_room ??= NewSource()).Task;

    private async Task DrainAsync()
    {
        while (true)
        {
            ArrayBufferWriter<byte> batch;
            lock (_gate)
            {
                if (_filling.WrittenCount == 0)
                {
                    _writing = false;
                    _idle?.TrySetResult();
                    return;
                }

                batch = _filling;
                _filling = _spare;
                _room?.TrySetResult();
                _room = null;
            }

            try
            {
                await _stream.WriteAsync(batch.WrittenMemory).ConfigureAwait(false);
                await _stream.FlushAsync().ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Streams fail in many ways (IO, disposed, cancelled); all of them mean the reader is gone.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Break(failure);
                return;
            }

            batch.ResetWrittenCount();
            _spare = batch.Capacity > KeepCapacity ? new ArrayBufferWriter<byte>(16 * 1024) : batch;
        }
    }

    private void Break(Exception failure)
    {
        lock (_gate)
        {
            _closed = true;
            _writing = false;
            _filling = new ArrayBufferWriter<byte>();
            _room?.TrySetResult();
            _idle?.TrySetResult();
        }

        _onBroken(failure);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
