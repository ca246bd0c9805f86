using System.Globalization;
using McpProgress.Bench.Loads;
using McpProgress.Bench.Report;
using McpProgress.Core.Tasks;

namespace McpProgress.Bench.Heats;

/// <summary>Many pieces of background work at once, of each kind.</summary>
internal sealed class TasksHeat(int count) : Heat
{
    private static readonly Column s_wrong = new("lost or wrong", "N0");
    private static readonly Column s_start = new("all started, s", "F2");
    private static readonly Column s_time = new("all done, s", "F2");
    private static readonly Column s_cpu = new("the client's CPU, s", "F2");
    private static readonly Column s_growth = new("grown by, MiB", "N0");

    private readonly Sheet _sheet = new("kind", null, s_wrong, s_start, s_time, s_cpu, s_growth);
    private readonly Command[] _commands =
    [
        .. Enum.GetNames<BackgroundKind>().Select(kind => Command.Reporting(kind, Contestants.Self, "tasks", kind)),
        Command.PwshScript("jobs in PowerShell", "pwsh-jobs.ps1", Contestants.Module, Contestants.SampleServer, $"{count}"),
    ];

    public override string Name => "tasks";

    public override string Title => "Background work";

    public override string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"{count:N0} at once on one connection to the sample server over stdio, each a tool that takes a second and reports progress; the jobs are extension tasks.");

    public override int Rounds => 3;

    public override IReadOnlyList<Sheet> Sheets => [_sheet];

    public override IEnumerable<Goal> Goals => _commands.Select(command => Goal.None(
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} at once, {command.Name}"), ("lost or wrong", _sheet.Of(command.Name, s_wrong))));

    public override async Task RunRoundAsync()
    {
        foreach (Command command in _commands)
        {
            (_, string output) = await command.RunAsync().ConfigureAwait(false);
            TaskReport report = TaskReport.Parse(output);
            _sheet.Add(command.Name, s_wrong, report.Wrong);
            _sheet.Add(command.Name, s_start, report.StartSeconds);
            _sheet.Add(command.Name, s_time, report.Seconds);
            _sheet.Add(command.Name, s_cpu, report.CpuSeconds);
            _sheet.Add(command.Name, s_growth, report.GrowthMegabytes);
        }
    }
}
