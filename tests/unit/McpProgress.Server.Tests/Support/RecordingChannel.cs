using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Tests.Support;

/// <summary>Keeps what a tool says.</summary>
internal sealed class RecordingChannel : IToolChannel
{
    public List<ProgressUpdate> Progress { get; } = [];

    public List<string> Log { get; } = [];

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
}
