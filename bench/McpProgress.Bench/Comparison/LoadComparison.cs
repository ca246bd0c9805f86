using McpProgress.Bench.Loads;
using McpProgress.Interop;

namespace McpProgress.Bench.Comparison;

/// <summary>Every client under the same two loads, each round in new processes, one after the other.</summary>
internal sealed class LoadComparison(int updates, int calls)
{
    private readonly List<LoadReport> _reports = [];

    public IReadOnlyList<Command> Commands { get; } = [.. Choose(updates, calls)];

    public async Task RunRoundAsync()
    {
        foreach (Command command in Commands)
        {
            (_, string output) = await command.RunAsync().ConfigureAwait(false);
            _reports.Add(LoadReport.Parse(output.Trim()) with { Peer = command.Name });
        }
    }

    public IReadOnlyList<LoadReport> Of(string peer) => [.. _reports.Where(report => report.Peer == peer)];

    public string ToMarkdown()
    {
        var table = new MarkdownTable(
            "client", "updates a second", "received", "out of order", "after the result", "warm echo, µs", "its CPU, µs", "CPU, s", "peak, MiB");
        foreach (IGrouping<string, LoadReport> peer in _reports.GroupBy(report => report.Peer))
        {
            table.Add(
                peer.Key,
                new Samples(peer.Select(report => report.UpdatesPerSecond)).Format("N0"),
                new Samples(peer.Select(report => (double)report.Received)).Format("N0"),
                new Samples(peer.Select(report => (double)report.OutOfOrder)).Format("N0"),
                new Samples(peer.Select(report => (double)report.AfterResult)).Format("N0"),
                new Samples(peer.Select(report => report.EchoMedianMicroseconds)).Format("N0"),
                new Samples(peer.Select(report => report.EchoCpuMicroseconds)).Format("N0"),
                new Samples(peer.Select(report => report.CpuSeconds)).Format("F1"),
                new Samples(peer.Select(report => report.PeakMegabytes)).Format("N0"));
        }

        return table.ToString();
    }

    private static IEnumerable<Command> Choose(int updates, int calls)
    {
        string self = Environment.ProcessPath!;
        yield return new Command(Names.Sdk, self, ["load", "sdk", Tools.FaultyServer], "{");
        yield return new Command(Names.Core, self, ["load", "core", Tools.FaultyServer], "{");
        if (Tools.ModuleMissingReason is null)
        {
            yield return new Command(
                Names.Cmdlet,
                Tools.Pwsh!,
                [
                    "-NoProfile", "-NonInteractive", "-File", Tools.Peer("pwsh-load.ps1"),
                    Tools.Module, Tools.FaultyServer, $"{updates}", $"{calls}",
                ],
                "{");
        }

        if (Tools.NodeMissingReason is null)
        {
            yield return new Command(
                Names.TypeScript, Node.Path, [Tools.Peer("ts-flood.mjs"), Tools.FaultyServer, $"{updates}", $"{calls}"], "{");
        }
    }

    /// <summary>What the report calls the clients.</summary>
    internal static class Names
    {
        public const string Sdk = "bare .NET SDK client";
        public const string Core = "McpProgress.Core";
        public const string Cmdlet = "Invoke-McpTool in pwsh";
        public const string TypeScript = "TypeScript SDK client";
    }
}
