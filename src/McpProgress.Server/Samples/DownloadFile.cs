using System.Globalization;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>A pretended download of ten chunks a megabyte, from 0 % to 100 %.</summary>
internal static class DownloadFile
{
    // Keeps the number of chunks within an int.
    private const int MaxSize = 100_000_000;

    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "download_file",
        Title = "Download a file",
        Description = "Pretends to download a file and reports the percentage chunk by chunk, ten chunks a megabyte, a tenth of a second each.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "filename": { "type": "string", "description": "The name of the file; nothing is really fetched or written." },
                "size_mb": { "type": "integer", "minimum": 1, "maximum": 100000000, "description": "Its size in megabytes." }
              },
              "required": ["filename", "size_mb"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var file = arguments.GetString("filename");
            var size = arguments.GetInt32("size_mb", minimum: 1, maximum: MaxSize);
            var chunks = size * 10;
            await context.LogInfoAsync($"Starting download of {file} ({size}MB)").ConfigureAwait(false);
            for (var chunk = 0; chunk <= chunks; chunk++)
            {
                var percent = 100.0 * chunk / chunks;
                var message = string.Create(CultureInfo.InvariantCulture, $"Downloading {file}... {percent:F1}%");
                await context.ReportProgressAsync(chunk, chunks, message).ConfigureAwait(false);
                await options.DelayAsync(0.1, context.CancellationToken).ConfigureAwait(false);
            }

            await context.LogInfoAsync($"Download completed: {file}").ConfigureAwait(false);
            return ToolResult.FromText($"Successfully downloaded {file} ({size}MB)");
        },
    };
}
