using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Stdio;

/// <summary>
/// JSON-RPC, one message a line, over a pair of streams. It answers for what the SDK's own stream transport does not:
/// progress without a JSON tree, many messages in one write, an end when either stream ends.
/// </summary>
internal sealed partial class StdioTransport : IRequestStream
{
    /// <summary>The longest line read, in bytes.</summary>
    public const int MaxLineBytes = 64 * 1024 * 1024;

    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    private readonly LineReader _reader;
    private readonly MessageWriter _writer;
    private readonly ILogger _logger;
    private readonly Channel<JsonRpcMessage> _incoming =
        Channel.CreateUnbounded<JsonRpcMessage>(new() { SingleReader = true, SingleWriter = true });

    private readonly TaskCompletionSource _outputBroken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idleAfterEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unanswered;
    private bool _inputEnded;

    /// <summary>Makes a transport over two streams; <see cref="ReadToEndAsync"/> starts it.</summary>
    public StdioTransport(Stream input, Stream output, ILogger logger)
    {
        _logger = logger;
        _reader = new LineReader(input, MaxLineBytes);
        _writer = new MessageWriter(output, MessageFraming.Line, OnOutputBroken);
    }

    /// <inheritdoc/>
    public string? SessionId => null;

    /// <summary>The only session there is; set before reading starts.</summary>
    public ClientSession Session { get; set; } = null!;

    /// <inheritdoc/>
    public ChannelReader<JsonRpcMessage> MessageReader => _incoming.Reader;

    /// <summary>Completes when nobody reads the output any more.</summary>
    public Task OutputBroken => _outputBroken.Task;

    /// <summary>Completes when the input has ended and every request that came is answered.</summary>
    public Task IdleAfterEnd => _idleAfterEnd.Task;

    /// <summary>Reads messages until the input ends, then completes <see cref="MessageReader"/>.</summary>
    public async Task ReadToEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (kind, line) = await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (kind == LineKind.End)
                {
                    return;
                }

                if (kind == LineKind.TooLong)
                {
                    LogTooLong(_logger, MaxLineBytes);
                }
                else if (!line.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    await TakeAsync(line).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server is stopping; what is still in the pipe is nobody's any more.
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            LogInputBroken(_logger, failure);
        }
        finally
        {
            Volatile.Write(ref _inputEnded, true);
            SignalIfIdle();
            _incoming.Writer.TryComplete();
        }
    }

    /// <inheritdoc/>
    public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        var written = _writer.WriteAsync(message);
        if (message is JsonRpcResponse { Id.Id: not McpcMessage.CallbackId } or JsonRpcError)
        {
            Interlocked.Decrement(ref _unanswered);
            SignalIfIdle();
        }

        return written;
    }

    /// <inheritdoc/>
    public ValueTask SendProgressAsync(ProgressToken token, ProgressUpdate update) => _writer.WriteProgressAsync(token, update);

    /// <summary>Completes when all that was sent is written; takes no more.</summary>
    public Task CloseOutputAsync() => _writer.CloseAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        return default;
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> line)
    {
        JsonRpcMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(line.Span, MessageType);
        }
#pragma warning disable CA1031 // However a line fails, it fails alone: those behind it are still to be read.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnreadable(_logger, failure.Message);
            if (RequestIdOf(line) is { } id)
            {
                // The sender waits for this id: an answer spares it the timeout.
                await _writer.WriteAsync(new JsonRpcError
                {
                    Id = id,
                    Error = new() { Code = (int)McpErrorCode.InvalidRequest, Message = "The line is not a valid JSON-RPC request." },
                }).ConfigureAwait(false);
            }

            return;
        }

        if (message is JsonRpcRequest)
        {
            Interlocked.Increment(ref _unanswered);
            message.Context = new() { RelatedTransport = this };
        }

        if (message is not null)
        {
            _incoming.Writer.TryWrite(message);
        }
    }

    private void SignalIfIdle()
    {
        if (Volatile.Read(ref _inputEnded) && Volatile.Read(ref _unanswered) <= 0)
        {
            _idleAfterEnd.TrySetResult();
        }
    }

    private void OnOutputBroken(Exception failure)
    {
        LogOutputBroken(_logger, failure.Message);
        _outputBroken.TrySetResult();
    }

    private static RequestId? RequestIdOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 10_000 });
            if (document.RootElement.ValueKind != JsonValueKind.Object ||
                !document.RootElement.TryGetProperty("method", out _) ||
                !document.RootElement.TryGetProperty("id", out var id))
            {
                return null;
            }

            return id.ValueKind switch
            {
                JsonValueKind.String => new RequestId(id.GetString()!),
                JsonValueKind.Number when id.TryGetInt64(out var number) => new RequestId(number),
                _ => null,
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Not JSON at all, or with half a character where its id is looked for: there is no id to answer to.
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Skipped a line that is not a JSON-RPC message: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Skipped a line of more than {Limit} bytes.")]
    private static partial void LogTooLong(ILogger logger, int limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "The input cannot be read any more.")]
    private static partial void LogInputBroken(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Nobody reads the output any more: {Reason}")]
    private static partial void LogOutputBroken(ILogger logger, string reason);
}
