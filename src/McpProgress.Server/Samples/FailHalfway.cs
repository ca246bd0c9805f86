using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Stops in the middle: progress ends, an error result follows.</summary>
internal static class FailHalfway
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "fail_halfway",
        Title = "Fail half-way",
        Description = "Reports progress up to the middle and then fails, to see how a client ends a bar that never fills.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "steps": { "type": "integer", "minimum": 2, "default": 10, "description": "How many steps there would be, a fifth of a second each." }
              }
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var steps = arguments.GetInt32Or("steps", 10, minimum: 2);
            var last = steps / 2;
            for (var step = 1; step <= last; step++)
            {
                await context.ReportProgressAsync(step, steps, $"Working on step {step} of {steps}").ConfigureAwait(false);
                await options.DelayAsync(0.2, context.CancellationToken).ConfigureAwait(false);
            }

            throw new ToolException($"Failed at step {last} of {steps}, as this tool always does.");
        },
    };
}
