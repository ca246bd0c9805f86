using System.Diagnostics;

namespace McpProgress.Bench.Loads;

/// <summary>Puts a client under the bench's two loads, in the order and with the warm-up that every peer has.</summary>
internal static class LoadRun
{
    private const int WarmUpUpdates = 2_000;

    /// <summary>
    /// How often the calls are repeated; the best batch counts. The first ones run while the runtime is still compiling,
    /// and on a busy machine no single one can be trusted.
    /// </summary>
    private const int Batches = 6;

    private const double BytesPerMegabyte = 1024 * 1024;

    public static async Task<LoadReport> RunAsync(ILoadClient client, int updates, int calls)
    {
        await FloodAsync(client, WarmUpUpdates).ConfigureAwait(false);
        LoadReport flood = await FloodAsync(client, updates).ConfigureAwait(false);
        var batches = new List<(double Median, double Cpu)>();
        for (int i = 0; i < Batches; i++)
        {
            batches.Add(await EchoAsync(client, calls).ConfigureAwait(false));
        }

        return flood with
        {
            EchoMedianMicroseconds = batches.Min(batch => batch.Median),
            EchoCpuMicroseconds = batches.Min(batch => batch.Cpu),
        };
    }

    private static async Task<LoadReport> FloodAsync(ILoadClient client, int updates)
    {
        using var process = Process.GetCurrentProcess();
        var counter = new FloodCounter();
        long memory = process.WorkingSet64;
        TimeSpan cpu = process.TotalProcessorTime;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        await client.FloodAsync(updates, counter.Add).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        counter.Finish();

        // An answered call behind the flood: what was still on its way has been handed over by now.
        await client.EchoAsync().ConfigureAwait(false);
        process.Refresh();
        return new LoadReport(
            updates,
            counter.Received,
            counter.OutOfOrder,
            counter.AfterResult,
            elapsed.TotalSeconds,
            (process.TotalProcessorTime - cpu).TotalSeconds,
            process.PeakWorkingSet64 / BytesPerMegabyte,
            (process.PeakWorkingSet64 - memory) / BytesPerMegabyte,
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)updates,
            0,
            0);
    }

    /// <summary>The median of one call and the process's own processor time for one, in microseconds.</summary>
    private static async Task<(double Median, double Cpu)> EchoAsync(ILoadClient client, int calls)
    {
        var microseconds = new double[calls];
        TimeSpan cpuBefore = CpuTime();
        for (int i = 0; i < calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await client.EchoAsync().ConfigureAwait(false);
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        double cpu = (CpuTime() - cpuBefore).TotalMicroseconds / calls;
        Array.Sort(microseconds);
        return (microseconds[calls / 2], cpu);
    }

    private static TimeSpan CpuTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
