using System.Text.Json;
using McpProgress.Bench.Report;

namespace McpProgress.Bench.Heats;

/// <summary>Many calls at once in PowerShell, and what an event log costs.</summary>
internal sealed class EventsHeat : Heat
{
    private const string SideBySide = "100 calls at once with 1,000 updates each, s";
    private const string Lost = "… of these updates lost";
    private const string OutOfOrder = "… out of order within their call";
    private const string Throttled = "80 calls of 100 ms each, -ThrottleLimit 8, s";
    private const string Unlogged = "a call with 100,000 updates, s";
    private const string Logged = "the same with a JSON Lines log, s";
    private const string NotLogged = "… of these updates not in the log";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);
    private static readonly Column s_figure = new("measured", "0.##");

    private readonly Sheet _sheet = new("figure", null, s_figure);
    private readonly Command _command = Command.PwshScript("events", "pwsh-events.ps1", Contestants.Module, Contestants.SampleServer, Contestants.FaultyServer);

    public override string Name => "events";

    public override string Title => "Many calls at once, and the event log";

    public override string Note => "`Invoke-McpTool` in one pipeline on one stdio connection; the log from its start until it is closed.";

    public override IReadOnlyList<Sheet> Sheets => [_sheet];

    public override IEnumerable<Goal> Goals
    {
        get
        {
            yield return Goal.None("100 calls at once", ("lost", _sheet.Of(Lost, s_figure)), ("out of order", _sheet.Of(OutOfOrder, s_figure)));
            yield return Goal.AtMost("80 calls of 100 ms each, -ThrottleLimit 8", 1.3, _sheet.Median(Throttled, s_figure), "s");
            yield return Goal.AtMost("100,000 events into a JSON Lines log", 2, _sheet.Ratio(s_figure, Logged, Unlogged), "× the same without a log");
            yield return Goal.None("100,000 events into a JSON Lines log", ("missing", _sheet.Of(NotLogged, s_figure)));
        }
    }

    public override async Task RunRoundAsync()
    {
        (_, string output) = await _command.RunAsync().ConfigureAwait(false);
        Report report = JsonSerializer.Deserialize<Report>(output, s_json)!;
        _sheet.Add(SideBySide, s_figure, report.SideBySideSeconds);
        _sheet.Add(Lost, s_figure, report.Lost);
        _sheet.Add(OutOfOrder, s_figure, report.OutOfOrder);
        _sheet.Add(Throttled, s_figure, report.ThrottledSeconds);
        _sheet.Add(Unlogged, s_figure, report.UnloggedSeconds);
        _sheet.Add(Logged, s_figure, report.LoggedSeconds);
        _sheet.Add(NotLogged, s_figure, report.NotLogged);
    }

    private sealed record Report(
        double SideBySideSeconds, int Lost, int OutOfOrder, double ThrottledSeconds, double UnloggedSeconds, double LoggedSeconds, int NotLogged);
}
