using System.Globalization;
using McpProgress.Bench.Loads;
using McpProgress.Bench.Report;
using McpProgress.Interop;

namespace McpProgress.Bench.Heats;

/// <summary>Every client under the same two loads: a flood of progress, and one call after the other.</summary>
internal sealed class FloodHeat(int updates, int calls) : Heat
{
    private const string Sdk = ".NET SDK client";
    private const string Core = "McpProgress.Core";
    private const string Cmdlet = "Invoke-McpTool";
    private const string TypeScript = "TypeScript SDK client";

    private static readonly Column s_rate = new("updates a second", "N0", IsCompared: true);
    private static readonly Column s_lost = new("lost", "N0");
    private static readonly Column s_outOfOrder = new("out of order", "N0");
    private static readonly Column s_afterResult = new("after the result", "N0");
    private static readonly Column s_cpu = new("CPU, s", "F2", IsCompared: true);
    private static readonly Column s_peak = new("peak memory, MiB", "N0");
    private static readonly Column s_growth = new("grown by, MiB", "N0");
    private static readonly Column s_allocated = new("allocated an update, bytes", "N0");
    private static readonly Column s_echo = new("a call, µs", "N0", IsCompared: true);
    private static readonly Column s_echoCpu = new("the client's CPU, µs", "N0", IsCompared: true);

    private readonly Sheet _flood = new("client", Sdk, s_rate, s_lost, s_outOfOrder, s_afterResult, s_cpu, s_peak, s_growth, s_allocated);
    private readonly Sheet _warm = new("client", Sdk, s_echo, s_echoCpu);
    private readonly Command[] _commands =
    [
        Command.Reporting(Sdk, Contestants.Self, "load", "sdk", Contestants.FaultyServer),
        Command.Reporting(Core, Contestants.Self, "load", "core", Contestants.FaultyServer),
        Command.PwshScript(Cmdlet, "pwsh-load.ps1", Contestants.Module, Contestants.FaultyServer, $"{updates}", $"{calls}"),
        Command.Reporting(TypeScript, Node.Path, Contestants.Peer("ts-flood.mjs"), Contestants.FaultyServer, $"{updates}", $"{calls}"),
    ];

    public override string Name => "flood";

    public override string Title => "A flood of progress, and warm calls";

    public override string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"{updates:N0} progress notifications over stdio from a server that encoded them beforehand; then {calls:N0} calls of a tool that echoes, one after the other, the cmdlet's in one pipeline.");

    public override IReadOnlyList<Sheet> Sheets => [_flood, _warm];

    public override IEnumerable<Goal> Goals
    {
        get
        {
            yield return Whole("flood through Core", Core);
            yield return Whole("flood through the cmdlet", Cmdlet);
            yield return Goal.AtLeast("flood through Core, rate", 2, _flood.Ratio(s_rate, Core, Sdk), "× the .NET SDK");
            yield return Goal.AtMost("flood through Core, CPU", 1, _flood.Ratio(s_cpu, Core, Sdk), "× the .NET SDK");
            yield return Goal.AtLeast("flood through the cmdlet, rate", 1.5, _flood.Ratio(s_rate, Cmdlet, Sdk), "× the .NET SDK");
            yield return Goal.AtMost("flood through Core, allocated an update", 200, _flood.Median(Core, s_allocated), "bytes", "N0");
            yield return Goal.AtMost("flood through the cmdlet, pwsh grows by", 60, _flood.Median(Cmdlet, s_growth), "MiB", "N0");
            yield return Goal.AtMost("warm call through the cmdlet", 1.5, _warm.Ratio(s_echo, Cmdlet, Sdk), "× the .NET SDK");
        }
    }

    public override async Task RunRoundAsync()
    {
        foreach (Command command in _commands)
        {
            (_, string output) = await command.RunAsync().ConfigureAwait(false);
            LoadReport report = LoadReport.Parse(output);
            _flood.Add(command.Name, s_rate, report.UpdatesPerSecond);
            _flood.Add(command.Name, s_lost, report.Sent - report.Received);
            _flood.Add(command.Name, s_outOfOrder, report.OutOfOrder);
            _flood.Add(command.Name, s_afterResult, report.AfterResult);
            _flood.Add(command.Name, s_cpu, report.CpuSeconds);
            _flood.Add(command.Name, s_peak, report.PeakMegabytes);
            _flood.Add(command.Name, s_growth, report.GrowthMegabytes);
            if (report.BytesPerUpdate is { } bytes)
            {
                _flood.Add(command.Name, s_allocated, bytes);
            }

            _warm.Add(command.Name, s_echo, report.EchoMedianMicroseconds);
            _warm.Add(command.Name, s_echoCpu, report.EchoCpuMicroseconds);
        }
    }

    private Goal Whole(string figure, string row) => Goal.None(
        figure,
        ("lost", _flood.Of(row, s_lost)),
        ("out of order", _flood.Of(row, s_outOfOrder)),
        ("after the result", _flood.Of(row, s_afterResult)));
}
