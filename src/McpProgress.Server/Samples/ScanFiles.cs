using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>A count that goes up towards an end nobody knows, from 0 on.</summary>
internal static class ScanFiles
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "scan_files",
        Title = "Scan files",
        Description = "Pretends to scan a folder whose number of files is not known beforehand: the progress is a count without a total.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "path": { "type": "string", "description": "The folder; nothing is really read." },
                "files": { "type": "integer", "minimum": 0, "default": 25, "description": "How many files it will turn out to hold." }
              },
              "required": ["path"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var path = arguments.GetString("path");
            var files = arguments.GetInt32Or("files", 25, minimum: 0);
            for (var i = 0; i <= files; i++)
            {
                await context.ReportProgressAsync(i, message: $"Scanning {path}").ConfigureAwait(false);
                await options.DelayAsync(0.1, context.CancellationToken).ConfigureAwait(false);
            }

            return ToolResult.FromText($"Found {files} files in {path}");
        },
    };
}
