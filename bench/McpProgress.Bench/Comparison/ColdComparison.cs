using McpProgress.Interop;

namespace McpProgress.Bench.Comparison;

/// <summary>Whole processes from start to exit: what one call costs a user who has nothing running yet.</summary>
internal sealed class ColdComparison
{
    private const string Message = "hello";

    private readonly List<(string Name, double Milliseconds)> _times = [];

    public IReadOnlyList<Command> Commands { get; } = [.. Choose()];

    public async Task RunRoundAsync()
    {
        foreach (Command command in Commands)
        {
            (TimeSpan elapsed, _) = await command.RunAsync().ConfigureAwait(false);
            _times.Add((command.Name, elapsed.TotalMilliseconds));
        }
    }

    /// <summary>Forgets what came before: the first round also fills the system's file cache.</summary>
    public void Clear() => _times.Clear();

    public Samples? Of(string name) =>
        _times.Exists(time => time.Name == name) ? new Samples(_times.Where(time => time.Name == name).Select(time => time.Milliseconds)) : null;

    public string ToMarkdown()
    {
        var table = new MarkdownTable("process", "ms from start to exit");
        foreach (Command command in Commands)
        {
            table.Add(command.Name, Of(command.Name)!.Format("N0"));
        }

        return table.ToString();
    }

    private static IEnumerable<Command> Choose()
    {
        if (Tools.ModuleMissingReason is null)
        {
            string import = $"Import-Module {Quote(Tools.Module)}";
            yield return Pwsh(Names.Start, "1", "1");
            yield return Pwsh(Names.Import, $"{import}; 1", "1");
            yield return Pwsh(
                Names.Call,
                $"{import}; $null = Connect-McpServer -Command {Quote(Tools.FaultyServer)} -ArgumentList echo; Invoke-McpTool echo @{{ message = '{Message}' }}",
                Message);
        }

        if (Tools.NodeMissingReason is null)
        {
            yield return new Command(
                Names.Mcporter,
                Node.Path,
                [
                    Layout.Package("mcporter", "dist", "cli.js"),
                    "call", "--stdio", Tools.FaultyServer, "--stdio-arg", "echo", "echo", $"message={Message}",
                ],
                Message);
            yield return new Command(
                Names.Inspector,
                Node.Path,
                [
                    Layout.Package("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js"),
                    "--cli", Tools.FaultyServer, "echo", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", $"message={Message}",
                ],
                Message);
        }
    }

    private static Command Pwsh(string name, string script, string expected) =>
        new(name, Tools.Pwsh!, ["-NoProfile", "-NonInteractive", "-Command", script], expected);

    private static string Quote(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What the report calls the processes.</summary>
    internal static class Names
    {
        public const string Start = "pwsh -NoProfile";
        public const string Import = "pwsh, Import-Module";
        public const string Call = "pwsh, Import-Module, connect, one call";
        public const string Mcporter = "mcporter, one call";
        public const string Inspector = "Inspector CLI, one call";
    }
}
