using System.Net;
using System.Net.Sockets;
using System.Text;

namespace McpProgress.Server.Tests.Support;

/// <summary>A client that says of a request what it is told to, and no more.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _tcp = new();
    private readonly StringBuilder _answer = new();

    private RawConnection()
    {
    }

    /// <summary>Sends a POST that announces more of a body than it has.</summary>
    public static Task<RawConnection> PostAsync(int port, int length, string body) =>
        PostAsync(port, $"Content-Length: {length}\r\n\r\n{body}");

    /// <summary>Sends a POST; <paramref name="rest"/> are its last headers and what there is of its body.</summary>
    public static Task<RawConnection> PostAsync(int port, string rest) => SendAsync(port, "POST", $"Content-Type: application/json\r\n{rest}");

    /// <summary>Sends a request; <paramref name="rest"/> are its headers but the first and what there is of its body.</summary>
    public static async Task<RawConnection> SendAsync(int port, string method, string rest)
    {
        var connection = new RawConnection();
        await connection._tcp.ConnectAsync(IPAddress.Loopback, port).Soon();
        var request = $"{method} /mcp HTTP/1.1\r\nHost: localhost:{port}\r\n{rest}";
        await connection._tcp.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request)).AsTask().Soon();
        return connection;
    }

    /// <summary>The head of the answer, and what came with it.</summary>
    public async Task<string> HeadAsync()
    {
        while (!_answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await ReadAsync().Soon())
        {
        }

        return _answer.ToString();
    }

    /// <summary>All that comes until the server ends the connection.</summary>
    public async Task<string> EndAsync()
    {
        while (await ReadAsync().Soon())
        {
        }

        return _answer.ToString();
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<bool> ReadAsync()
    {
        var buffer = new byte[4096];
        try
        {
            var read = await _tcp.GetStream().ReadAsync(buffer);
            _answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
            return read > 0;
        }
        catch (IOException)
        {
            // A reset is an end, too.
            return false;
        }
    }
}
