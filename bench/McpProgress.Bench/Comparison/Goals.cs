using System.Globalization;
using McpProgress.Bench.Loads;

namespace McpProgress.Bench.Comparison;

/// <summary>The figures the project promises, beside what was measured.</summary>
internal sealed class Goals(LoadComparison loads, ColdComparison cold, int updates)
{
    private const double MostMemoryGrowth = 60;
    private const double MostEchoRatio = 1.5;
    private const double MostImportMilliseconds = 100;

    private readonly MarkdownTable _table = new("figure", "wanted", "measured", "holds");

    public string ToMarkdown()
    {
        IReadOnlyList<LoadReport> sdk = loads.Of(LoadComparison.Names.Sdk);
        IReadOnlyList<LoadReport> core = loads.Of(LoadComparison.Names.Core);
        IReadOnlyList<LoadReport> cmdlet = loads.Of(LoadComparison.Names.Cmdlet);

        AddWhole("flood through Core", core);
        AddAtLeast("flood, Core to bare SDK", 1, Ratio(core, sdk, report => report.UpdatesPerSecond));
        if (cmdlet.Count > 0)
        {
            AddWhole("flood through Invoke-McpTool", cmdlet);
            AddAtMost("memory the flood adds to pwsh, MiB", MostMemoryGrowth, Median(cmdlet, report => report.GrowthMegabytes!.Value), "F0");
            AddAtMost("warm echo, Invoke-McpTool to bare SDK", MostEchoRatio, Ratio(cmdlet, sdk, report => report.EchoMedianMicroseconds), "F2");
            AddAtMost("the same in CPU time", MostEchoRatio, Ratio(cmdlet, sdk, report => report.EchoCpuMicroseconds), "F2");
        }

        if (cold.Of(ColdComparison.Names.Import) is { } import && cold.Of(ColdComparison.Names.Start) is { } start)
        {
            AddAtMost("Import-Module, ms", MostImportMilliseconds, import.Median - start.Median, "F0");
        }

        if (cold.Of(ColdComparison.Names.Call) is { } call && cold.Of(ColdComparison.Names.Mcporter) is { } mcporter)
        {
            AddAtMost("cold call, pwsh to mcporter", 1, call.Median / mcporter.Median, "F2");
        }

        return _table.ToString();
    }

    private static double Median(IEnumerable<LoadReport> reports, Func<LoadReport, double> figure) =>
        new Samples(reports.Select(figure)).Median;

    private static double Ratio(IEnumerable<LoadReport> ours, IEnumerable<LoadReport> theirs, Func<LoadReport, double> figure) =>
        Median(ours, figure) / Median(theirs, figure);

    private void AddWhole(string figure, IReadOnlyList<LoadReport> reports)
    {
        int lost = reports.Sum(report => report.Sent - report.Received);
        int outOfOrder = reports.Sum(report => report.OutOfOrder);
        int afterResult = reports.Sum(report => report.AfterResult);
        _table.Add(
            figure,
            string.Create(CultureInfo.InvariantCulture, $"all of {updates:N0}, in order, before the result"),
            $"{lost} lost, {outOfOrder} out of order, {afterResult} after the result",
            Verdict(lost == 0 && outOfOrder == 0 && afterResult == 0));
    }

    private void AddAtLeast(string figure, double wanted, double measured) =>
        _table.Add(figure, $"at least {Number(wanted, "0.##")} ×", $"{Number(measured, "F2")} ×", Verdict(measured >= wanted));

    private void AddAtMost(string figure, double wanted, double measured, string format) =>
        _table.Add(figure, $"at most {Number(wanted, "0.##")}", Number(measured, format), Verdict(measured <= wanted));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Verdict(bool holds) => holds ? "yes" : "**no**";
}
