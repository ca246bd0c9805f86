using System.Diagnostics;

namespace McpProgress.Bench.Servers;

/// <summary>How fast a server sends progress over stdio to a client that only counts the lines.</summary>
internal static class StdioFlood
{
    private const int WarmUp = 5_000;

    /// <summary>Notifications a second.</summary>
    public static async Task<double> MeasureAsync(ServerProgram server, int count)
    {
        using Process process = server.StartStdio();
        try
        {
            // Read on a thread of its own and without waiting for the pool: the client must not be what is slow.
            return await Task.Factory.StartNew(() => Converse(process, count), TaskCreationOptions.LongRunning).ConfigureAwait(false);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static double Converse(Process process, int count)
    {
        Send(process, Requests.Initialize);
        ReadUntilAnswer(process, 0);
        Send(process, Requests.Initialized);
        Flood(process, 1, WarmUp);
        long start = Stopwatch.GetTimestamp();
        Flood(process, 2, count);
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Flood(Process process, int id, int count)
    {
        Send(process, Requests.Flood(id, count));
        int received = ReadUntilAnswer(process, id);
        if (received != count)
        {
            throw new InvalidOperationException($"Of {count} notifications {received} came.");
        }
    }

    private static int ReadUntilAnswer(Process process, int id)
    {
        int progress = 0;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains("\"notifications/progress\"", StringComparison.Ordinal))
            {
                progress++;
            }
            else if (line.Contains($"\"id\":{id}", StringComparison.Ordinal))
            {
                return progress;
            }
        }

        throw new InvalidOperationException("The server ended.");
    }

    private static void Send(Process process, string message)
    {
        process.StandardInput.Write(message + "\n");
        process.StandardInput.Flush();
    }
}
