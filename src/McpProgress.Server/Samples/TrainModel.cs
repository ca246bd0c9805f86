using System.Globalization;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Progress that runs fast at first and slows down, in fractions of 1.</summary>
internal static class TrainModel
{
    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "train_model",
        Title = "Train a model",
        Description = "Pretends to train a model. The progress is not linear: it nears 1 ever more slowly, in fractions, and arrives with the last epoch.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "epochs": { "type": "integer", "minimum": 1, "default": 20, "description": "How many epochs to train, a fifth of a second each." }
              }
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var epochs = arguments.GetInt32Or("epochs", 20, minimum: 1);
            for (var epoch = 1; epoch <= epochs; epoch++)
            {
                // A parabola that is steep at first and flat at the end.
                var progress = epoch == epochs ? 1 : Math.Round(1 - Math.Pow(1 - ((double)epoch / epochs), 2), 4);
                var loss = Math.Exp(-4.0 * epoch / epochs);
                var message = string.Create(CultureInfo.InvariantCulture, $"Epoch {epoch}/{epochs}, loss {loss:F4}");
                await context.ReportProgressAsync(progress, 1, message).ConfigureAwait(false);
                await options.DelayAsync(0.2, context.CancellationToken).ConfigureAwait(false);
            }

            return ToolResult.FromText($"Trained for {epochs} epochs");
        },
    };
}
