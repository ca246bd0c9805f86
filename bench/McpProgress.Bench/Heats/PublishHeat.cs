using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using McpProgress.Bench.Report;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Bench.Heats;

/// <summary>PowerShell commands as tools, called by our own client.</summary>
internal sealed class PublishHeat(int records) : Heat
{
    private const string First = "from process start to the first answered call, ms";
    private const string Rate = "calls a second of a command that does nothing, four in flight";
    private const string Silent = "the records with progress silenced, ms";
    private const string Loud = "the records with progress reported, ms";
    private const int InFlight = 4;
    private const int CallsEach = 500;
    private const int WarmUpCalls = 100;

    private static readonly Column s_figure = new("measured", "N0");

    private readonly Sheet _sheet = new("figure", null, s_figure);

    public override string Name => "publish";

    public override string Title => "Published commands";

    public override string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"Functions of a script, served over stdio by a PowerShell that the client starts. The records: a function that calls Write-Progress {records:N0} times, by its own clock.");

    public override int Rounds => 3;

    public override IReadOnlyList<Sheet> Sheets => [_sheet];

    public override IEnumerable<Goal> Goals
    {
        get
        {
            yield return Goal.AtMost("published command, first answered call", 1500, _sheet.Median(First, s_figure), "ms", "N0");
            yield return Goal.AtLeast("published no-op, four in flight", 1000, _sheet.Median(Rate, s_figure), "calls a second", "N0");
            yield return Goal.AtMost(
                "published command, progress reported", 1.3, _sheet.Ratio(s_figure, Loud, Silent), "× the same with progress silenced");
        }
    }

    public override async Task RunRoundAsync()
    {
        string script = $"Import-Module {Contestants.Quote(Contestants.Module)}; Start-McpProgressServer -Stdio -Path {Contestants.Quote(Contestants.Peer("published.ps1"))}";
        long start = Stopwatch.GetTimestamp();
        ServerConnection connection = await ServerConnection.ConnectAsync(
            "published", new StdioEndpoint(Contestants.Pwsh, ["-NoProfile", "-NonInteractive", "-Command", script])).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await CallAsync(connection, "Test-Nothing", []).ConfigureAwait(false);
            _sheet.Add(First, s_figure, Stopwatch.GetElapsedTime(start).TotalMilliseconds);

            await CallManyAsync(connection, WarmUpCalls).ConfigureAwait(false);
            start = Stopwatch.GetTimestamp();
            await CallManyAsync(connection, CallsEach).ConfigureAwait(false);
            _sheet.Add(Rate, s_figure, InFlight * CallsEach / Stopwatch.GetElapsedTime(start).TotalSeconds);

            // Once in full without counting: the engine and the runtime go on compiling for most of the first run.
            await WriteRecordsAsync(connection, records, silent: true).ConfigureAwait(false);
            await WriteRecordsAsync(connection, records, silent: false).ConfigureAwait(false);
            _sheet.Add(Silent, s_figure, await WriteRecordsAsync(connection, records, silent: true).ConfigureAwait(false));
            _sheet.Add(Loud, s_figure, await WriteRecordsAsync(connection, records, silent: false).ConfigureAwait(false));
        }
    }

    private static Task CallManyAsync(ServerConnection connection, int callsEach) => Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
    {
        for (int i = 0; i < callsEach; i++)
        {
            await CallAsync(connection, "Test-Nothing", []).ConfigureAwait(false);
        }
    }));

    private static async Task<double> WriteRecordsAsync(ServerConnection connection, int count, bool silent)
    {
        ToolCallResult result = await CallAsync(connection, "Write-Record", new JsonObject { ["Count"] = count, ["Silent"] = silent }).ConfigureAwait(false);
        return (double)result.StructuredContent!["Milliseconds"]!;
    }

    private static async Task<ToolCallResult> CallAsync(ServerConnection connection, string tool, JsonObject arguments)
    {
        ToolCallResult result = await connection.CallToolAsync(new ToolCallRequest(tool, arguments) { Observer = new Watching() }).ConfigureAwait(false);
        return result.IsError ? throw new InvalidOperationException(result.Text) : result;
    }

    /// <summary>Somebody who watches, and so makes the server send progress.</summary>
    private sealed class Watching : IProgressObserver
    {
        public void OnProgress(in ProgressUpdate update)
        {
        }
    }
}
