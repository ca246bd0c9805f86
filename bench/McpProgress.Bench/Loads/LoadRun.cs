using System.Diagnostics;

namespace McpProgress.Bench.Loads;

/// <summary>Puts a client under the bench's two loads, in the order and with the warm-up that every peer has.</summary>
internal static class LoadRun
{
    private const int WarmUpUpdates = 2_000;
    private const int WarmUpCalls = 4_000;
    private const double BytesPerMegabyte = 1024 * 1024;

    public static async Task<LoadReport> RunAsync(string peer, ILoadClient client, int updates, int calls)
    {
        await FloodAsync(client, WarmUpUpdates).ConfigureAwait(false);
        (FloodCounter counter, TimeSpan elapsed) = await FloodAsync(client, updates).ConfigureAwait(false);
        using var process = Process.GetCurrentProcess();
        for (int i = 0; i < WarmUpCalls; i++)
        {
            await client.EchoAsync().ConfigureAwait(false);
        }

        process.Refresh();
        TimeSpan cpuBefore = process.TotalProcessorTime;
        double echoMedian = await EchoMedianAsync(client, calls).ConfigureAwait(false);
        process.Refresh();
        return new LoadReport(
            peer,
            updates,
            counter.Received,
            counter.OutOfOrder,
            counter.AfterResult,
            elapsed.TotalSeconds,
            echoMedian,
            (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / calls,
            process.TotalProcessorTime.TotalSeconds,
            process.PeakWorkingSet64 / BytesPerMegabyte);
    }

    private static async Task<(FloodCounter Counter, TimeSpan Elapsed)> FloodAsync(ILoadClient client, int updates)
    {
        var counter = new FloodCounter();
        long start = Stopwatch.GetTimestamp();
        await client.FloodAsync(updates, counter.Add).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        counter.Finish();

        // An answered call behind the flood: what was still on its way has been handed over by now.
        await client.EchoAsync().ConfigureAwait(false);
        return (counter, elapsed);
    }

    private static async Task<double> EchoMedianAsync(ILoadClient client, int calls)
    {
        var microseconds = new double[calls];
        for (int i = 0; i < calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await client.EchoAsync().ConfigureAwait(false);
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(microseconds);
        return microseconds[calls / 2];
    }
}
