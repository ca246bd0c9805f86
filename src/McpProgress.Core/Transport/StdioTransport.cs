using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using McpProgress.Core.Text;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Transport;

/// <summary>
/// JSON-RPC over a pair of byte streams, one message a line (specification, basic/transports, stdio), with the
/// ordered tap built in: progress is decoded from the line itself and never becomes a JSON tree.
/// </summary>
internal sealed class StdioTransport : ITransport
{
    /// <summary>Above every id the SDK counts out itself, below those of calls.</summary>
    private const long FirstId = 1L << 31;

    private const int InitialOutgoing = 4096;
    private const int LargestKeptOutgoing = 1024 * 1024;

    private static readonly TimeSpan ReaderGrace = TimeSpan.FromSeconds(1);

    private readonly Stream _input;
    private readonly Stream _output;
    private readonly OrderedTap _tap;
    private readonly TransportStatistics _statistics;
    private readonly Action<string>? _unreadable;
    private readonly LineBuffer _lines;
    private readonly int _maximumMessageBytes;
    private readonly bool _isPipe;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private ArrayBufferWriter<byte> _outgoing = new(InitialOutgoing);
    private readonly Channel<JsonRpcMessage> _messages = TappedTransport.NewChannel();
    private readonly PendingRequests _pending = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private long _lastId = FirstId - 1;
    private Action? _sessionWanted;
    private volatile bool _isTakenOver;

    /// <summary>Starts to read at once.</summary>
    /// <param name="input">What the server writes: its standard output.</param>
    /// <param name="output">What the server reads: its standard input.</param>
    /// <param name="tap">Takes what must be handled in order.</param>
    /// <param name="statistics">Counts what crosses.</param>
    /// <param name="maximumMessageBytes">A longer line is skipped.</param>
    /// <param name="unreadable">Told why a line was skipped; runs on the reader.</param>
    /// <param name="isPipe">
    /// The input is the pipe of a process: a thread of its own waits in the system's read, which costs a call one wake-up
    /// instead of three (poller, pool, worker). It ends when the process and all that hold its output have ended.
    /// </param>
    public StdioTransport(
        Stream input,
        Stream output,
        OrderedTap tap,
        TransportStatistics statistics,
        int maximumMessageBytes,
        Action<string>? unreadable = null,
        bool isPipe = false)
    {
        _input = input;
        _output = output;
        _tap = tap;
        _statistics = statistics;
        _unreadable = unreadable;
        _maximumMessageBytes = maximumMessageBytes;
        _lines = new LineBuffer(maximumMessageBytes);
        _isPipe = isPipe;
        _reading = isPipe
            ? Task.Factory.StartNew(ReadAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
            : Task.Run(ReadAsync);
    }

    /// <summary>Completes when the server's output has ended and every line before the end was handled, or when this is disposed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The reader. Where somebody else holds the server's output it goes on after the end.</summary>
    internal Task Reading => _reading;

    /// <inheritdoc/>
    public string? SessionId => null;

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => _messages.Reader;

    /// <summary>Says that the SDK's session answers from now on.</summary>
    public void TakeOver() => _isTakenOver = true;

    /// <summary>Asks for an SDK session as soon as there is a message that only it can answer, which may be at once.</summary>
    /// <param name="start">Starts one; runs on the reader, and again for every message until there is one.</param>
    public void WhenSessionIsWanted(Action start)
    {
        // The reader looks here after it has put a message down, and this looks for one after it has said so: one of both sees the other.
        Volatile.Write(ref _sessionWanted, start);
        if (_messages.Reader.TryPeek(out _))
        {
            start();
        }
    }

    /// <summary>An id for a request that is sent past the SDK's session.</summary>
    public RequestId NextId() => new(Interlocked.Increment(ref _lastId));

    /// <summary>Asks the server past the SDK's session, which does not get to see the answer either.</summary>
    /// <param name="request">The request, with an id that nobody else gives out.</param>
    /// <param name="resume">Runs what follows the answer; null is the pool.</param>
    /// <param name="cancellationToken">Waits no longer; the server is not told.</param>
    /// <returns>The response or the error.</returns>
    /// <exception cref="IOException">The connection ended before the answer.</exception>
    public async Task<JsonRpcMessageWithId> AskAsync(JsonRpcRequest request, Resumption? resume, CancellationToken cancellationToken)
    {
        TaskCompletionSource<JsonRpcMessageWithId> answer = _pending.Add(request.Id, resume);
        using CancellationTokenRegistration cancel = cancellationToken.UnsafeRegister(
            static (pending, token) => ((TaskCompletionSource<JsonRpcMessageWithId>)pending!).TrySetCanceled(token), answer);
        try
        {
            Task sending = SendMessageAsync(request, cancellationToken);
            if (!sending.IsCompleted)
            {
                // The server does not read, and half a line cannot be taken back. Whoever cancels does not wait for it.
                await (await Task.WhenAny(sending, answer.Task).ConfigureAwait(false)).ConfigureAwait(false);
            }
            else
            {
                await sending.ConfigureAwait(false);
            }

            return await answer.Task.ConfigureAwait(false);
        }
        finally
        {
            _pending.Remove(request.Id);
        }
    }

    /// <inheritdoc/>
    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _tap.Sending(message);
            if (_outgoing.Capacity > LargestKeptOutgoing)
            {
                _outgoing = new ArrayBufferWriter<byte>(InitialOutgoing);
            }

            _outgoing.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_outgoing))
            {
                Write(json, message);
            }

            _outgoing.Write("\n"u8);

            // Not cancellable: half a line would make every later message unreadable. Closing ends it.
            await _output.WriteAsync(_outgoing.WrittenMemory, _closing.Token).ConfigureAwait(false);
            await _output.FlushAsync(_closing.Token).ConfigureAwait(false);
            _statistics.WroteBytes(_outgoing.WrittenCount);
        }
        catch (Exception exception) when (message is JsonRpcResponse or JsonRpcError && exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The SDK answers the server's questions in tasks that nobody looks at. A server that is gone waits for no answer.
        }
        finally
        {
            _writing.Release();
        }
    }

    // What we send is written here: what its parameters are made of need not be found out by the serializer.
    private static void Write(Utf8JsonWriter json, JsonRpcMessage message)
    {
        switch (message)
        {
            case JsonRpcRequest { Id.Id: long id, Params: { } parameters } request:
                Write(json, id, request.Method, parameters);
                break;

            case JsonRpcNotification { Params: { } parameters } notification:
                Write(json, null, notification.Method, parameters);
                break;

            default:
                JsonSerializer.Serialize(json, message, Sdk.MessageType);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, long? id, string method, JsonNode parameters)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        if (id is { } number)
        {
            json.WriteNumber("id"u8, number);
        }

        json.WriteString("method"u8, method);
        json.WritePropertyName("params"u8);
        parameters.WriteTo(json);
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await _reading.WaitAsync(ReaderGrace).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Somebody else still holds the server's output open and the platform cannot cancel a read on a pipe.
            // The read ends when they let go; nobody waits for it.
        }

        _messages.Writer.TryComplete();
        _ended.TrySetResult();
    }

    private async Task ReadAsync()
    {
        Exception? error = null;
        try
        {
            while (true)
            {
                int count = _isPipe
                    ? _input.Read(_lines.GetMemory().Span)
                    : await _input.ReadAsync(_lines.GetMemory(), _closing.Token).ConfigureAwait(false);
                if (count == 0 || _closing.IsCancellationRequested)
                {
                    // A pipe that somebody else still holds may have kept the thread beyond the end of the connection.
                    break;
                }

                _statistics.ReadBytes(count);
                _lines.Advance(count);
                while (NextForSdk() is { } message)
                {
                    ValueTask handedOver = _messages.Writer.WriteAsync(message, _closing.Token);
                    if (!_isTakenOver)
                    {
                        Volatile.Read(ref _sessionWanted)?.Invoke();
                    }

                    if (_isPipe && !handedOver.IsCompletedSuccessfully)
                    {
                        // Not awaited: the rest would run, and block, on a thread of the pool.
                        handedOver.AsTask().GetAwaiter().GetResult();
                    }
                    else
                    {
                        await handedOver.ConfigureAwait(false);
                    }
                }
            }

            if (LastForSdk() is { } last)
            {
                await _messages.Writer.WriteAsync(last, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closed from our side.
        }
        catch (Exception exception)
        {
            // Not lost: every pending request fails with it.
            error = exception;
        }

        _pending.End(error);
        _messages.Writer.TryComplete(error);
        _ended.TrySetResult();
    }

    /// <summary>Handles lines until one is for the SDK; null when no complete line is left.</summary>
    private JsonRpcMessage? NextForSdk()
    {
        while (_lines.TryRead(out Span<byte> line, out LineBuffer.OversizedLine? oversized))
        {
            JsonRpcMessage? message = oversized is null ? Decode(line) : Replace(oversized);
            if (message is not null && !_tap.TryTake(message) && !_pending.TryAnswer(message) && !TrySettle(message))
            {
                return message;
            }
        }

        return null;
    }

    // What needs no session while there is none. A server may ping before its answer to the handshake (specification,
    // basic/lifecycle); of the notifications that come this far a session would only want those about its own requests.
    private bool TrySettle(JsonRpcMessage message)
    {
        if (_isTakenOver)
        {
            return false;
        }

        if (message is JsonRpcRequest { Method: RequestMethods.Ping } ping)
        {
            _ = SendMessageAsync(new JsonRpcResponse { Id = ping.Id, Result = new JsonObject() });
            return true;
        }

        return message is JsonRpcNotification { Method: not NotificationMethods.CancelledNotification };
    }

    /// <summary>Handles what follows the last line feed: a whole message, or what a dying server left of one.</summary>
    private JsonRpcMessage? LastForSdk()
    {
        if (!_lines.TryReadRest(out Span<byte> line, out LineBuffer.OversizedLine? oversized))
        {
            return null;
        }

        // No answer is made up for half a message: the end of the connection says more about what happened.
        JsonRpcMessage? message = oversized is null ? Decode(line, answerBroken: false) : Replace(oversized);
        return message is not null && !_tap.TryTake(message) && !_pending.TryAnswer(message) ? message : null;
    }

    private JsonRpcMessage? Decode(Span<byte> line, bool answerBroken = true)
    {
        ReadOnlySpan<byte> text = line.Trim(" \t\r"u8);
        if (text.StartsWith(ByteOrderMark))
        {
            text = text[ByteOrderMark.Length..];
        }

        if (text.IsEmpty || _tap.TryTake(text))
        {
            return null;
        }

        Surrogates.Mend(line);
        if (AnswerLine.TryRead(text, out JsonRpcMessageWithId? answer))
        {
            return answer;
        }

        try
        {
            return JsonSerializer.Deserialize(text, Sdk.MessageType) ?? throw new JsonException("null is no message");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            // Servers print banners and debug output to stdout: counted, told, and over.
            return Unreadable(answerBroken ? AnswerId.FindIn(text) : null, $"The server sent a message that cannot be read: {exception.Message}");
        }
    }

    private JsonRpcError? Replace(LineBuffer.OversizedLine oversized) => Unreadable(
        AnswerId.Find(oversized.Head, oversized.Tail),
        $"The server sent a message of more than {_maximumMessageBytes / (1024 * 1024)} MiB, which is not read.");

    // The answer to a waiting call must not vanish with its line: the call gets an error instead of a long silence.
    private JsonRpcError? Unreadable(RequestId? id, string reason)
    {
        _statistics.Unreadable();
        _unreadable?.Invoke(reason);
        return id is not { } request
            ? null
            : new JsonRpcError { Id = request, Error = new JsonRpcErrorDetail { Code = (int)McpErrorCode.InternalError, Message = reason } };
    }

    // Not part of JSON, but the first thing a .NET server may write.
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    // Made when it is needed, which for many servers is never.
    private static class Sdk
    {
        public static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
            (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));
    }
}
