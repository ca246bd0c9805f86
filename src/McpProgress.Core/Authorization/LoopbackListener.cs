using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Web;

namespace McpProgress.Core.Authorization;

/// <summary>
/// Waits for the browser to come back from the authorization server (RFC 8252, section 7.3). It listens on the loopback
/// address alone, and only while a sign-in is under way.
/// </summary>
internal sealed class LoopbackListener : IDisposable
{
    /// <summary>The path of the redirect address.</summary>
    public const string Path = "/callback";

    private const int LongestRequestLine = 16 * 1024;

    private readonly TcpListener _listener;
    private readonly string _state;
    private readonly TaskCompletionSource<NameValueCollection> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts to listen.</summary>
    /// <param name="port">The port of the redirect address.</param>
    /// <param name="state">What the answer must carry: a page of somebody else's that calls here does not know it.</param>
    /// <exception cref="SocketException">The port is in use.</exception>
    public LoopbackListener(int port, string state)
    {
        _state = state;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
    }

    /// <summary>The query of the address the browser was sent back to.</summary>
    public async Task<NameValueCollection> AnswerAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task accepting = AcceptAsync(ending.Token);
        try
        {
            return await _answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await accepting.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        // Browsers open connections that they do not use, so none may keep the others waiting.
        var serving = new List<Task>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(cancellationToken).ConfigureAwait(false);
                serving.Add(ServeAsync(client, cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            // The answer is there, or nobody waits for it any more.
        }

        await Task.WhenAll(serving).ConfigureAwait(false);
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                string line = await RequestLineAsync(stream, cancellationToken).ConfigureAwait(false);
                NameValueCollection? answer = Read(line);
                string page = answer is null ? Page("404 Not Found", "There is nothing here.")
                    : answer["error"] is null ? Page("200 OK", "You are signed in. Close this window and go back to PowerShell.")
                    : Page("200 OK", "The sign-in was refused. PowerShell says why.");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(page), CancellationToken.None).ConfigureAwait(false);
                if (answer is not null)
                {
                    _answer.TrySetResult(answer);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The browser has closed a connection that it did not need, or the wait is over.
            }
        }
    }

    private NameValueCollection? Read(string requestLine)
    {
        string[] parts = requestLine.Split(' ');
        if (parts is not ["GET", var target, _] || !target.StartsWith(Path + "?", StringComparison.Ordinal))
        {
            return null;
        }

        NameValueCollection query = HttpUtility.ParseQueryString(target[(Path.Length + 1)..]);
        return query["state"] == _state ? query : null;
    }

    private static async Task<string> RequestLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestRequestLine];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += read;

            // The whole head, so that closing does not reset the connection under the answer.
            if (read == 0 || buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                break;
            }
        }

        int end = buffer.AsSpan(0, length).IndexOf("\r\n"u8);
        return end < 0 ? "" : Encoding.ASCII.GetString(buffer, 0, end);
    }

    private static string Page(string status, string text)
    {
        string body = $"<!doctype html><meta charset=utf-8><title>McpProgress</title><p style=\"font-family:sans-serif;margin:3em\">{text}</p>";
        return $"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}";
    }
}
