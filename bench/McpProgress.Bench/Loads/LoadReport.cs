using System.Text.Json;

namespace McpProgress.Bench.Loads;

/// <summary>What one client did under the bench's two loads: one JSON line, the same shape for every peer.</summary>
/// <param name="Sent">Progress updates the server sent in the one measured flood.</param>
/// <param name="Received">Updates handed to the caller.</param>
/// <param name="OutOfOrder">Updates that came after one with a higher value.</param>
/// <param name="AfterResult">Updates that came after the result.</param>
/// <param name="Seconds">From the call of the flood to its result.</param>
/// <param name="CpuSeconds">User and system time of the process in the flood.</param>
/// <param name="PeakMegabytes">The process's largest working set up to the end of the flood, in MiB.</param>
/// <param name="GrowthMegabytes">By how much the flood raised the working set, in MiB.</param>
/// <param name="BytesPerUpdate">What the flood allocated for an update; null where the runtime does not say.</param>
/// <param name="EchoMedianMicroseconds">The median of a warm echo call, in the best batch.</param>
/// <param name="EchoCpuMicroseconds">User and system time of this process a warm echo call, in the best batch: what other work on the machine disturbs least.</param>
internal sealed record LoadReport(
    int Sent,
    int Received,
    int OutOfOrder,
    int AfterResult,
    double Seconds,
    double CpuSeconds,
    double PeakMegabytes,
    double GrowthMegabytes,
    double? BytesPerUpdate,
    double EchoMedianMicroseconds,
    double EchoCpuMicroseconds)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public double UpdatesPerSecond => Received / Seconds;

    public static LoadReport Parse(string json) => JsonSerializer.Deserialize<LoadReport>(json, s_json)!;

    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
