using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;

namespace McpProgress.Bench.Loads;

/// <summary>Many pieces of background work at once on one connection, all of one kind.</summary>
internal static class TaskRun
{
    private const string Tool = "process_items";
    private const double BytesPerMegabyte = 1024 * 1024;

    public static async Task<TaskReport> RunAsync(BackgroundKind kind, int count)
    {
        var options = new ConnectionOptions
        {
            ProtocolVersion = kind is BackgroundKind.ExtensionTask or BackgroundKind.Call ? "2026-07-28" : "2025-11-25",
        };
        ServerConnection connection = await ServerConnection
            .ConnectAsync("bench", new StdioEndpoint("dotnet", [Contestants.SampleServer, "stdio"]), options).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            ToolDescriptor tool = (await connection.GetToolsAsync().ConfigureAwait(false)).Single(tool => tool.Name == Tool);
            var background = new BackgroundTasks(registry: null);
            using var process = Process.GetCurrentProcess();
            long memory = process.WorkingSet64;
            TimeSpan cpu = process.TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            BackgroundTask[] tasks = await Task.WhenAll(Enumerable.Range(0, count).Select(i => background.StartAsync(
                connection, new BackgroundRequest(tool, new JsonObject { ["items"] = new JsonArray($"a{i}", "b") }) { Kind = kind }))).ConfigureAwait(false);
            double started = Stopwatch.GetElapsedTime(start).TotalSeconds;
            ToolCallResult[] results = await Task.WhenAll(tasks.Select(task => task.Completion)).ConfigureAwait(false);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            process.Refresh();
            return new TaskReport(
                results.Where((result, i) => (string?)result.StructuredContent?["results"]?[0] != $"A{i}").Count(),
                started,
                seconds,
                (process.TotalProcessorTime - cpu).TotalSeconds,
                (process.PeakWorkingSet64 - memory) / BytesPerMegabyte);
        }
    }
}

/// <summary>What became of it.</summary>
/// <param name="Wrong">How many did not end in their own result.</param>
/// <param name="StartSeconds">Until the server had all of them.</param>
/// <param name="Seconds">Until the last one was done.</param>
/// <param name="CpuSeconds">User and system time of the client.</param>
/// <param name="GrowthMegabytes">By how much it raised the client's working set, in MiB.</param>
internal sealed record TaskReport(int Wrong, double StartSeconds, double Seconds, double CpuSeconds, double GrowthMegabytes)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static TaskReport Parse(string json) => JsonSerializer.Deserialize<TaskReport>(json, s_json)!;

    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
