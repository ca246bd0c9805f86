using McpProgress.Bench.Report;
using McpProgress.Interop;

namespace McpProgress.Bench.Heats;

/// <summary>Whole processes from start to exit: what one call costs a user who has nothing running yet.</summary>
internal sealed class ColdHeat : Heat
{
    private const string Start = "pwsh -NoProfile";
    private const string Import = "pwsh, Import-Module";
    private const string Least = "pwsh, a module that only writes prepared lines";
    private const string Call = "pwsh, Import-Module, connect, one call";
    private const string Mcporter = "mcporter, one call";
    private const string Inspector = "Inspector CLI, one call";
    private const string Message = "hello";

    private static readonly Column s_time = new("from start to exit, ms", "N0", IsCompared: true);
    private static readonly string s_import = $"Import-Module {Contestants.Quote(Contestants.Module)}";

    private readonly Sheet _sheet = new("process", Mcporter, s_time);
    private readonly Command[] _commands =
    [
        Pwsh(Start, "1", "1"),
        Pwsh(Import, $"{s_import}; 1", "1"),
        Pwsh(Least, $"Import-Module {Contestants.Quote(Contestants.LeastModule)}; Invoke-Least {Contestants.Quote(Contestants.FaultyServer)} '{Message}'", Message),
        Pwsh(
            Call,
            $"{s_import}; $null = Connect-McpServer -Command {Contestants.Quote(Contestants.FaultyServer)} -ArgumentList echo; Invoke-McpTool echo @{{ message = '{Message}' }}",
            Message),
        new Command(
            Mcporter,
            Node.Path,
            [Contestants.Mcporter, "call", "--stdio", Contestants.FaultyServer, "--stdio-arg", "echo", "echo", $"message={Message}"],
            Message),
        new Command(
            Inspector,
            Node.Path,
            [Contestants.Inspector, "--cli", Contestants.FaultyServer, "echo", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", $"message={Message}"],
            Message),
    ];

    private bool _cached;

    public override string Name => "cold";

    public override string Title => "A cold call";

    public override string Note => "Whole processes that connect to the same small server over stdio and call a tool that echoes. The third one (bench/LeastModule) has no MCP in it: it starts the server and writes two requests as they stand, which is what PowerShell itself takes for such a call.";

    public override int Rounds => 15;

    public override IReadOnlyList<Sheet> Sheets => [_sheet];

    public override IEnumerable<Goal> Goals
    {
        get
        {
            yield return Goal.AtMost("cold call", 0.75, _sheet.Ratio(s_time, Call, Mcporter), "× mcporter");
            yield return Goal.AtMost("Import-Module, over a bare start", 60, _sheet.Median(Import, s_time) - _sheet.Median(Start, s_time), "ms", "N0");
        }
    }

    public override async Task RunRoundAsync()
    {
        // Once without counting: it fills the system's file cache for all alike.
        if (!_cached)
        {
            foreach (Command command in _commands)
            {
                await command.RunAsync().ConfigureAwait(false);
            }

            _cached = true;
        }

        foreach (Command command in _commands)
        {
            (TimeSpan elapsed, _) = await command.RunAsync().ConfigureAwait(false);
            _sheet.Add(command.Name, s_time, elapsed.TotalMilliseconds);
        }
    }

    private static Command Pwsh(string name, string script, string expected) =>
        new(name, Contestants.Pwsh, ["-NoProfile", "-NonInteractive", "-Command", script], expected);
}
