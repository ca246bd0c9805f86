using System.Globalization;
using McpProgress.Bench;

if (args.Length == 0)
{
    Console.Error.WriteLine("Usage: DotnetSdkClient <FaultyServer executable> [updates] [echo calls]");
    return 2;
}

int updates = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;
int calls = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2_000;

SdkLoadClient client = await SdkLoadClient.ConnectAsync(args[0]).ConfigureAwait(false);
await using (client.ConfigureAwait(false))
{
    LoadReport report = await LoadRun.RunAsync("bare .NET SDK client", client, updates, calls).ConfigureAwait(false);
    Console.WriteLine(report.ToJson());
}

return 0;
