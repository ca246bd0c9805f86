using System.Globalization;
using McpProgress.Bench.Loads;

// load <sdk|core> <FaultyServer executable> [updates] [echo calls]
string peer = args[1];
await using ILoadClient client = peer == "sdk" ? await SdkLoadClient.ConnectAsync(args[2]) : await CoreLoadClient.ConnectAsync(args[2]);
int updates = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 100_000;
int calls = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 2_000;
Console.WriteLine((await LoadRun.RunAsync(peer, client, updates, calls)).ToJson());
