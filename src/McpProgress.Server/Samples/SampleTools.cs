using System.Text.Json;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Samples;

/// <summary>The tools of the sample server: every shape progress comes in.</summary>
public static class SampleTools
{
    /// <summary>What a server of these tools says of their use.</summary>
    public const string Instructions = "Sample tools that report progress in different ways. None of them reads or changes anything.";

    /// <summary>All of them.</summary>
    /// <param name="options">How they pass their time.</param>
    /// <exception cref="ArgumentOutOfRangeException">The speed is not a positive number.</exception>
    public static ToolSet All(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!double.IsFinite(options.Speed) || options.Speed <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Speed, "The speed must be a positive number.");
        }

        return new ToolSet(
        [
            ProcessItems.Create(options),
            DownloadFile.Create(options),
            ProcessData.Create(options),
            AnalyzeData.Create(options),
            InstallPackage.Create(options),
            ScanFiles.Create(options),
            TrainModel.Create(options),
            FailHalfway.Create(options),
            RunForever.Create(options),
            BookTable.Create(options),
            MigrateDatabase.Create(options),
            Echo.Create(),
            Flood.Create(),
        ]);
    }

    /// <summary>The sample tools only pretend: they read and change nothing.</summary>
    internal static ToolAnnotations Harmless { get; } = new()
    {
        ReadOnlyHint = true,
        DestructiveHint = false,
        IdempotentHint = true,
        OpenWorldHint = false,
    };

    internal static JsonElement Schema(string json) => JsonDocument.Parse(json).RootElement;
}
