using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using McpProgress.Bench.InnerLoops;
using McpProgress.Bench.Report;
using Perfolizer.Horology;
using Column = McpProgress.Bench.Report.Column;

namespace McpProgress.Bench.Heats;

/// <summary>The inner loops of the client, by BenchmarkDotNet.</summary>
internal sealed class InnerLoopsHeat : Heat
{
    private static readonly Column s_time = new("ns", "N0");
    private static readonly Column s_allocated = new("bytes allocated", "N0");

    private readonly Sheet _sheet = new("step", null, s_time, s_allocated);

    public override string Name => "inner";

    public override string Title => "The inner loops";

    public override string Note => "By BenchmarkDotNet, in the process of the bench; the event stream has nobody who listens.";

    public override int Rounds => 1;

    public override IReadOnlyList<Sheet> Sheets => [_sheet];

    public override IEnumerable<Goal> Goals => [];

    public override Task RunRoundAsync()
    {
        // In this process: the other way builds projects of its own, and the loops are long enough to be measured here.
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(4).WithIterationCount(8).WithIterationTime(TimeInterval.FromMilliseconds(250));
        ManualConfig config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance).WithOptions(ConfigOptions.DisableLogFile);
        Summary summary = BenchmarkRunner.Run<ClientLoops>(config);
        foreach (BenchmarkReport report in summary.Reports)
        {
            string step = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            if (report.ResultStatistics is not { } statistics)
            {
                throw new InvalidOperationException($"BenchmarkDotNet has no result for '{step}': {string.Join(' ', summary.ValidationErrors.Select(error => error.Message))}");
            }

            _sheet.Add(step, s_time, statistics.Median);
            _sheet.Add(step, s_allocated, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
        }

        return Task.CompletedTask;
    }
}
