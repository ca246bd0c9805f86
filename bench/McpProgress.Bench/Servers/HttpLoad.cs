using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace McpProgress.Bench.Servers;

/// <summary>How many calls a second a server answers over HTTP, each connection with a session of its own.</summary>
internal static class HttpLoad
{
    private const string SessionHeader = "Mcp-Session-Id";
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(1.5);

    /// <summary>Warms the server up and measures it with so many connections at once.</summary>
    public static async Task<IReadOnlyList<double>> MeasureAsync(ServerProgram server, IReadOnlyList<int> connections)
    {
        (Process process, Uri url) = await server.StartHttpAsync().ConfigureAwait(false);
        using (process)
        {
            try
            {
                await RunAsync(url, 8, s_warmUp).ConfigureAwait(false);
                var rates = new List<double>();
                foreach (int number in connections)
                {
                    rates.Add(await RunAsync(url, number, s_measured).ConfigureAwait(false));
                }

                return rates;
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<double> RunAsync(Uri url, int connections, TimeSpan duration)
    {
        // All at once: there are servers that take a second for a session.
        RawHttpConnection[] open = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => OpenAsync(url))).ConfigureAwait(false);
        try
        {
            long start = Stopwatch.GetTimestamp();
            int[] answered = await Task.WhenAll(open.Select(connection => Task.Run(() => CallAsync(connection, start, duration)))).ConfigureAwait(false);
            return answered.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }
    }

    private static async Task<int> CallAsync(RawHttpConnection connection, long start, TimeSpan duration)
    {
        int answered = 0;
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            await connection.CallAsync().ConfigureAwait(false);
            answered++;
        }

        return answered;
    }

    /// <summary>Shakes hands and opens a connection that calls the tool in that session.</summary>
    private static async Task<RawHttpConnection> OpenAsync(Uri url)
    {
        using var client = new HttpClient();
        using HttpResponseMessage answer = await PostAsync(client, url, Requests.Initialize, session: null).ConfigureAwait(false);
        string session = answer.Headers.GetValues(SessionHeader).Single();
        (await PostAsync(client, url, Requests.Initialized, session).ConfigureAwait(false)).Dispose();
        byte[] call = Encoding.ASCII.GetBytes(
            $"POST {url.AbsolutePath} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
            $"{SessionHeader}: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {Requests.Echo.Length}\r\n\r\n{Requests.Echo}");
        return await RawHttpConnection.OpenAsync(url, call).ConfigureAwait(false);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, Uri url, string message, string? session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(message, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (session is not null)
        {
            request.Headers.Add(SessionHeader, session);
            request.Headers.Add("MCP-Protocol-Version", "2025-11-25");
        }

        return (await client.SendAsync(request).ConfigureAwait(false)).EnsureSuccessStatusCode();
    }
}
