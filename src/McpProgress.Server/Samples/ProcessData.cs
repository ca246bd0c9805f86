using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Work in phases: the message says which quarter it is in.</summary>
internal static class ProcessData
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "process_data",
        Title = "Process data",
        Description = "Pretends to process records in four phases, a twentieth of a second a record, with a message that names the phase.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "records": { "type": "integer", "minimum": 1, "description": "How many records to process." }
              },
              "required": ["records"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var records = arguments.GetInt32("records", minimum: 1);
            await context.LogInfoAsync($"Starting to process {records} records").ConfigureAwait(false);
            for (var i = 0; i <= records; i++)
            {
                await context.ReportProgressAsync(i, records, Phase(i, records)).ConfigureAwait(false);
                await options.DelayAsync(0.05, context.CancellationToken).ConfigureAwait(false);
            }

            await context.LogInfoAsync($"Finished processing {records} records").ConfigureAwait(false);
            return ToolResult.FromText($"Successfully processed {records} records");
        },
    };

    private static string Phase(int record, int records) => record switch
    {
        0 => "Initializing data processor...",
        _ when record < records / 4 => "Loading and validating records...",
        _ when record < records / 2 => "Applying transformations...",
        _ when record < (int)(3L * records / 4) => "Running calculations...",
        _ => "Finalizing results...",
    };
}
