using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace McpProgress.Bench.Servers;

/// <summary>
/// One HTTP connection that sends the same request again and again. It reads of an answer what it must to find its end:
/// a full client would cost more than the faster servers, and hide what lies between them.
/// </summary>
internal sealed class RawHttpConnection : IDisposable
{
    private static readonly byte[] s_expected = Encoding.ASCII.GetBytes(Requests.Echoed);

    private readonly Socket _socket;
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[16 * 1024];

    private RawHttpConnection(Socket socket, byte[] request) => (_socket, _request) = (socket, request);

    /// <summary>Connects.</summary>
    /// <param name="url">The endpoint.</param>
    /// <param name="request">The whole request, head and body.</param>
    public static async Task<RawHttpConnection> OpenAsync(Uri url, byte[] request)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(url.Host, url.Port).ConfigureAwait(false);
        return new RawHttpConnection(socket, request);
    }

    /// <summary>Sends the request and waits for the whole answer.</summary>
    /// <exception cref="InvalidOperationException">It is not the answer to the call.</exception>
    public async Task CallAsync()
    {
        await _socket.SendAsync(_request).ConfigureAwait(false);
        int length = 0;
        do
        {
            int read = await _socket.ReceiveAsync(_buffer.AsMemory(length)).ConfigureAwait(false);
            length += read > 0 ? read : throw new InvalidOperationException($"The server hung up after: {Text(length)}");
        }
        while (!IsWhole(_buffer.AsSpan(0, length)));

        if (!_buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8) || _buffer.AsSpan(0, length).IndexOf(s_expected) < 0)
        {
            throw new InvalidOperationException($"The server answered: {Text(length)}");
        }
    }

    public void Dispose() => _socket.Dispose();

    // RFC 9112, section 6: a body is in chunks, the last of which is empty, or has the length that the head names.
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> body = answer[(end + 4)..];
        string head = Encoding.ASCII.GetString(answer[..end]);
        return head.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? body.EndsWith("\r\n0\r\n\r\n"u8) : body.Length >= LengthIn(head);
    }

    private static int LengthIn(string head)
    {
        const string Name = "Content-Length:";
        int start = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase) + Name.Length;
        int end = head.IndexOf('\r', start);
        return int.Parse(head.AsSpan(start, (end < 0 ? head.Length : end) - start).Trim(), CultureInfo.InvariantCulture);
    }

    private string Text(int length) => Encoding.UTF8.GetString(_buffer, 0, length);
}
