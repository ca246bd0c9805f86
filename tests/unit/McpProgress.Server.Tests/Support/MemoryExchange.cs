using System.Text;
using McpProgress.Server.Http;

namespace McpProgress.Server.Tests.Support;

/// <summary>An exchange without a web server: its client goes away when told to.</summary>
#pragma warning disable CA1001 // Memory alone: there is nothing to give back.
internal sealed class MemoryExchange(string method, string body = "") : HttpExchange
#pragma warning restore CA1001
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase) { ["Host"] = "localhost", ["Content-Type"] = "application/json" };
    private readonly CancellationTokenSource _aborted = new();
    private readonly SignalStream _response = new();
    private readonly MemoryStream _whole = new(Encoding.UTF8.GetBytes(body));
    private readonly UnfinishedStream _unfinished = new(Encoding.UTF8.GetBytes(body));

    public override string Method => method;

    public override string Path => StreamableHttpEndpoint.Path;

    public override Stream RequestBody => Unfinished ? _unfinished : _whole;

    public override Stream ResponseBody => _response;

    public override CancellationToken Aborted => _aborted.Token;

    public override bool TellsAborted => true;

    public int Status { get; private set; } = 200;

    /// <summary>Whether there is more of the body to come, which never comes.</summary>
    public bool Unfinished { get; init; }

    /// <summary>Whether the server ended the connection.</summary>
    public bool IsDropped { get; private set; }

    public Dictionary<string, string> ResponseHeaders { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All that was written so far.</summary>
    public string Text => _response.Text;

    public MemoryExchange With(string header, string value)
    {
        _headers[header] = value;
        return this;
    }

    public void Abort() => _aborted.Cancel();

    /// <summary>Waits until the response has a text in it.</summary>
    public Task HasAsync(string text) => _response.HasAsync(text).Soon();

    public override string? RequestHeader(string name) => _headers.GetValueOrDefault(name);

    public override void Drop() => IsDropped = true;

    public override void SetStatus(int statusCode) => Status = statusCode;

    public override void SetHeader(string name, string value) => ResponseHeaders[name] = value;

    // As a web server has it: a read that waits for the client heeds no token.
    private sealed class UnfinishedStream(byte[] start) : MemoryStream(start)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? new(Read(buffer.Span)) : new(new TaskCompletionSource<int>().Task);
    }

    private sealed class SignalStream : MemoryStream
    {
        private readonly object _gate = new();
        private readonly StringBuilder _text = new();
        private (string Text, TaskCompletionSource Found)? _awaited;

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return _text.ToString();
                }
            }
        }

        public Task HasAsync(string text)
        {
            lock (_gate)
            {
                var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited = (text, found);
                Look();
                return found.Task;
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_gate)
            {
                _text.Append(Encoding.UTF8.GetString(buffer.Span));
                Look();
            }

            return default;
        }

        private void Look()
        {
            if (_awaited is { } awaited && _text.ToString().Contains(awaited.Text, StringComparison.Ordinal))
            {
                awaited.Found.TrySetResult();
            }
        }
    }
}
