using McpProgress.Bench;
using McpProgress.Bench.Heats;
using McpProgress.Bench.Loads;
using McpProgress.Core.Tasks;

const int Updates = 100_000;
const int Calls = 2_000;
const int Tasks = 1_000;

switch (args)
{
    // What the race starts in each round: one contestant, one process, one JSON line.
    case ["load", "sdk", string server]:
        await LoadAsync(await SdkLoadClient.ConnectAsync(server).ConfigureAwait(false)).ConfigureAwait(false);
        return 0;
    case ["load", "core", string server]:
        await LoadAsync(await CoreLoadClient.ConnectAsync(server).ConfigureAwait(false)).ConfigureAwait(false);
        return 0;
    case ["tasks", string kind] when Enum.TryParse(kind, out BackgroundKind parsed):
        Console.WriteLine((await TaskRun.RunAsync(parsed, Tasks).ConfigureAwait(false)).ToJson());
        return 0;
}

Heat[] all =
[
    new FloodHeat(Updates, Calls), new ColdHeat(), new ServerHeat(Updates), new TasksHeat(Tasks), new PublishHeat(Updates), new EventsHeat(), new InnerLoopsHeat(),
];
if (args.Except(all.Select(heat => heat.Name)).Any())
{
    Console.Error.WriteLine("Usage: McpProgress.Bench           runs the whole race, prints it and writes docs/benchmarks.md");
    Console.Error.WriteLine($"       McpProgress.Bench <heat>…   runs only these and prints them: {string.Join(", ", all.Select(heat => heat.Name))}");
    return 2;
}

Heat[] chosen = args.Length == 0 ? all : [.. all.Where(heat => args.Contains(heat.Name))];
string report = await Race.RunAsync(chosen).ConfigureAwait(false);
Console.WriteLine(report);
if (args.Length == 0)
{
    await File.WriteAllTextAsync(Contestants.ReportFile, report).ConfigureAwait(false);
}

return 0;

static async Task LoadAsync(ILoadClient client)
{
    await using (client.ConfigureAwait(false))
    {
        Console.WriteLine((await LoadRun.RunAsync(client, Updates, Calls).ConfigureAwait(false)).ToJson());
    }
}
