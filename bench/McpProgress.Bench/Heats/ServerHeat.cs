using System.Globalization;
using McpProgress.Bench.Report;
using McpProgress.Bench.Servers;
using McpProgress.Interop;

namespace McpProgress.Bench.Heats;

/// <summary>Servers: how fast they send progress, and how many calls they answer over HTTP.</summary>
internal sealed class ServerHeat(int updates) : Heat
{
    private const string Ours = "McpProgress";
    private const string TypeScript = "TypeScript SDK";

    private static readonly int[] s_connections = [1, 8, 64];
    private static readonly Column s_rate = new("notifications a second, stdio", "N0", IsCompared: true);
    private static readonly Column[] s_calls =
    [
        .. s_connections.Select(number => new Column($"calls a second, HTTP, {number} {(number == 1 ? "connection" : "connections")}", "N0", IsCompared: true)),
    ];

    private readonly Sheet _progress = new("server", TypeScript, s_rate);
    private readonly Sheet _calls = new("server", TypeScript, s_calls);
    private readonly ServerProgram[] _servers =
    [
        // Every update sent, as the others do.
        new(Ours, "dotnet", [Contestants.SampleServer, "stdio", "--progress-rate", "0"], [Contestants.SampleServer, "http", "--exit-with-stdin"]),
        new(TypeScript, Node.Path, [Contestants.Peer("ts-server.mjs"), "stdio"], [Contestants.Peer("ts-server.mjs"), "http"]),
        new("fastmcp", Node.Path, [Layout.Script("fastmcp-server.mjs"), "stdio"], [Layout.Script("fastmcp-server.mjs"), "http"]),
    ];

    public override string Name => "servers";

    public override string Title => "Servers";

    public override string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"A tool that sends {updates:N0} progress notifications; and calls of a tool that echoes, revision 2025-11-25, each connection with a session of its own and one call at a time. The client is the same for all, and does no more than it must.");

    public override int Rounds => 3;

    public override IReadOnlyList<Sheet> Sheets => [_progress, _calls];

    public override IEnumerable<Goal> Goals => s_calls.Select(column =>
        Goal.AtLeast($"server, {column.Title}", 2, _calls.Ratio(column, Ours, TypeScript), "× the TypeScript SDK"));

    public override async Task RunRoundAsync()
    {
        foreach (ServerProgram server in _servers)
        {
            _progress.Add(server.Name, s_rate, await StdioFlood.MeasureAsync(server, updates).ConfigureAwait(false));
            IReadOnlyList<double> rates = await HttpLoad.MeasureAsync(server, s_connections).ConfigureAwait(false);
            for (int i = 0; i < s_calls.Length; i++)
            {
                _calls.Add(server.Name, s_calls[i], rates[i]);
            }
        }
    }
}
