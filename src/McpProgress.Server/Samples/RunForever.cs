using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Never ends by itself.</summary>
internal static class RunForever
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "run_forever",
        Title = "Run for ever",
        Description = "Reports progress five times a second and never ends until it is cancelled. Use it to try cancellation and timeouts.",
        InputSchema = SampleTools.Schema("""{ "type": "object", "properties": {} }"""),
        Annotations = SampleTools.Harmless,
        Body = async (_, context) =>
        {
            for (long tick = 1; ; tick++)
            {
                await context.ReportProgressAsync(tick, message: "Still running").ConfigureAwait(false);
                await options.DelayAsync(0.2, context.CancellationToken).ConfigureAwait(false);
            }
        },
    };
}
