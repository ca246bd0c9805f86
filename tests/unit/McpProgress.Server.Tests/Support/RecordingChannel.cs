using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Tests.Support;

/// <summary>Keeps what a tool says.</summary>
internal sealed class RecordingChannel : IToolChannel
{
    public List<ProgressUpdate> Progress { get; } = [];

    public List<string> Log { get; } = [];

    public List<string> ServerEvents { get; } = [];

    public ChannelReader<JsonElement> Updates { get; } = Channel.CreateUnbounded<JsonElement>().Reader;

    /// <summary>What is answered to every question; null for a client that takes none.</summary>
    public ElicitationAnswer? Answer { get; init; }

    public ValueTask ReportProgressAsync(ProgressUpdate update)
    {
        Progress.Add(update);
        return default;
    }

    public ValueTask LogAsync(LogLevel level, string message)
    {
        Log.Add($"{level}: {message}");
        return default;
    }

    public ValueTask SendUpdateAsync(JsonNode? result) => default;

    public ValueTask SendServerEventAsync(string name, JsonNode? result)
    {
        ServerEvents.Add($"{name}: {result?.ToJsonString()}");
        return default;
    }

    public bool Takes(ToolQuestion question) => Answer is not null;

    public Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken) =>
        Answer is null ? throw new ToolException("This client takes no questions.") : Task.FromResult<IReadOnlyList<object>>([.. questions.Select(_ => Answer)]);
}
