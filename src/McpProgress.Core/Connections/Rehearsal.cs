using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Events;

namespace McpProgress.Core.Connections;

/// <summary>
/// Plays a short conversation with nobody. A new process has to prepare (load, link, compile) all that a first connection
/// and a first call go through; while its first server starts, it would only wait. What was prepared by then is not waited
/// for any more when the server answers.
/// </summary>
internal static class Rehearsal
{
    private static int _begun;

    /// <summary>Begins, in the background and once in a process.</summary>
    public static void Begin()
    {
        // On a single processor it would only take the server's time.
        if (Environment.ProcessorCount > 1 && Interlocked.Exchange(ref _begun, 1) == 0)
        {
            // Nobody waits for it: what goes wrong in it goes wrong again, and is told, when it matters. A test plays it too.
            _ = Task.Run(PlayAsync);
        }
    }

    /// <summary>Connects, lists the tools and calls one.</summary>
    /// <returns>What the tool says.</returns>
    public static async Task<string> PlayAsync()
    {
        using var partner = new Partner();
        var here = new StreamEndpoint(partner, partner) { IsPipe = true };
        await using (ServerConnection connection = await ServerConnection.ConnectAsync("rehearsal", here, new ConnectionOptions { Events = new EventHub(capacity: 8) }).ConfigureAwait(false))
        {
            ToolDescriptor tool = (await connection.GetToolsAsync().ConfigureAwait(false))[0];
            JsonObject arguments = ArgumentBinder.Bind(tool.InputSchema, new Dictionary<string, object?> { ["text"] = "hello" });
            var call = new ToolCallRequest(tool.Name, arguments) { Resume = static _ => false };
            ToolCallResult result = await connection.CallToolAsync(call).ConfigureAwait(false);
            partner.Leave();
            return result.Text;
        }
    }

    /// <summary>
    /// Both ends of what would be a process: what is written to it is a request, what is read from it the answer. No more than
    /// that, because whatever the other side needs is prepared for nothing.
    /// </summary>
    private sealed class Partner : Stream
    {
        private static readonly (byte[] Method, string Answer)[] Lines =
        [
            ("server/discover"u8.ToArray(), """ "error": { "code": -32601, "message": "Method not found" } """),
            ("initialize\""u8.ToArray(), """ "result": { "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": { "name": "rehearsal", "version": "1" } } """),
            ("tools/list"u8.ToArray(), """ "result": { "tools": [{ "name": "say", "inputSchema": { "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] } }] } """),
            ("tools/call"u8.ToArray(), """ "result": { "content": [{ "type": "text", "text": "hello" }] } """),
        ];

        private readonly Queue<byte[]> _answers = new();
        private bool _hasLeft;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>Ends what is read, as a process does that ends.</summary>
        public void Leave()
        {
            lock (_answers)
            {
                _hasLeft = true;
                Monitor.PulseAll(_answers);
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Answer(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(Span<byte> buffer)
        {
            lock (_answers)
            {
                while (_answers.Count == 0)
                {
                    if (_hasLeft)
                    {
                        return 0;
                    }

                    Monitor.Wait(_answers);
                }

                byte[] answer = _answers.Dequeue();
                answer.CopyTo(buffer);
                return answer.Length;
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Write(byte[] buffer, int offset, int count) => Answer(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            Leave();
            base.Dispose(disposing);
        }

        private void Answer(ReadOnlySpan<byte> request)
        {
            int id = request.IndexOf("\"id\":"u8);
            foreach ((byte[] method, string answer) in Lines)
            {
                if (id >= 0 && request.IndexOf(method) >= 0)
                {
                    ReadOnlySpan<byte> number = request[(id + 5)..];
                    string text = $"{{\"jsonrpc\":\"2.0\",\"id\":{Encoding.UTF8.GetString(number[..number.IndexOf((byte)',')])},{answer}}}\n";
                    lock (_answers)
                    {
                        _answers.Enqueue(Encoding.UTF8.GetBytes(text));
                        Monitor.Pulse(_answers);
                    }

                    return;
                }
            }
        }
    }
}
