using System.Globalization;
using McpProgress.Bench.Comparison;
using McpProgress.Bench.Loads;

const int DefaultRounds = 5;
const int Updates = 100_000;
const int Calls = 2_000;

switch (args)
{
    // What the comparison starts for each round: one client, one process, one JSON line.
    case ["load", "sdk", string server]:
        await LoadAsync("bare .NET SDK client", await SdkLoadClient.ConnectAsync(server).ConfigureAwait(false)).ConfigureAwait(false);
        return 0;
    case ["load", "core", string server]:
        await LoadAsync("McpProgress.Core", await CoreLoadClient.ConnectAsync(server).ConfigureAwait(false)).ConfigureAwait(false);
        return 0;

    case []:
        await BenchRun.RunAsync(DefaultRounds, Updates, Calls, Console.Out).ConfigureAwait(false);
        return 0;
    case ["--rounds", string rounds] when int.TryParse(rounds, CultureInfo.InvariantCulture, out int number) && number > 0:
        await BenchRun.RunAsync(number, Updates, Calls, Console.Out).ConfigureAwait(false);
        return 0;

    default:
        Console.Error.WriteLine("Usage: McpProgress.Bench [--rounds N]     compares, and prints Markdown");
        Console.Error.WriteLine("       McpProgress.Bench load sdk|core <FaultyServer>     measures one client, and prints JSON");
        return 2;
}

static async Task LoadAsync(string peer, ILoadClient client)
{
    await using (client.ConfigureAwait(false))
    {
        LoadReport report = await LoadRun.RunAsync(peer, client, Updates, Calls).ConfigureAwait(false);
        Console.WriteLine(report.ToJson());
    }
}
