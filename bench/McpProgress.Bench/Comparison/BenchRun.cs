using System.Globalization;
using System.Runtime.InteropServices;

namespace McpProgress.Bench.Comparison;

/// <summary>The whole comparison: rounds, in each of which every peer has its turn, and a report as Markdown.</summary>
internal static class BenchRun
{
    public static async Task RunAsync(int rounds, int updates, int calls, TextWriter report)
    {
        var loads = new LoadComparison(updates, calls);
        var cold = new ColdComparison();

        // Once without counting: it fills the system's file cache for all alike.
        await cold.RunRoundAsync().ConfigureAwait(false);
        cold.Clear();
        for (int round = 1; round <= rounds; round++)
        {
            Console.Error.WriteLine($"round {round} of {rounds}");
            await loads.RunRoundAsync().ConfigureAwait(false);
            await cold.RunRoundAsync().ConfigureAwait(false);
        }

        string machine = string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, {rounds} rounds; median (least – greatest)");
        await report.WriteLineAsync(
            $"""
            # McpProgress bench

            {machine}

            ## {updates:N0} progress updates and {calls:N0} warm echo calls over stdio

            {loads.ToMarkdown()}

            ## Whole processes

            {cold.ToMarkdown()}

            ## The promised figures

            {new Goals(loads, cold, updates).ToMarkdown()}
            """).ConfigureAwait(false);
        foreach (string reason in new[] { Tools.ModuleMissingReason, Tools.NodeMissingReason }.OfType<string>())
        {
            await report.WriteLineAsync($"\nNot all was measured: {reason}").ConfigureAwait(false);
        }
    }
}
