using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Asks before it acts.</summary>
internal static class BookTable
{
    private static readonly JsonElement Question = SampleTools.Schema("""
        {
          "type": "object",
          "properties": {
            "guests": { "type": "integer", "title": "Guests", "description": "How many people come.", "minimum": 1, "maximum": 20, "default": 2 },
            "seating": { "type": "string", "title": "Seating", "enum": ["inside", "outside"], "default": "inside" },
            "confirm": { "type": "boolean", "title": "Book it", "description": "Whether to book the table now." }
          },
          "required": ["confirm"]
        }
        """);

    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "book_table",
        Title = "Book a table",
        Description = "Pretends to book a table: looks for one, asks for the number of guests and a confirmation, and books. Use it to try input.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "restaurant": { "type": "string", "description": "Where; any name." },
                "time": { "type": "string", "description": "When; any text.", "default": "20:00" }
              },
              "required": ["restaurant"]
            }
            """),
        OutputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "booked": { "type": "boolean", "description": "Whether a table was booked." },
                "guests": { "type": "integer", "description": "For how many." },
                "seating": { "type": "string", "description": "inside or outside." },
                "summary": { "type": "string", "description": "What happened." }
              },
              "required": ["booked", "summary"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var restaurant = arguments.GetString("restaurant");
            var time = arguments.GetString("time", "20:00");
            await context.ReportProgressAsync(1, 3, $"Looking for a table at {restaurant}").ConfigureAwait(false);
            await options.DelayAsync(0.5, context.CancellationToken).ConfigureAwait(false);

            await context.ReportProgressAsync(2, 3, "Waiting for your confirmation").ConfigureAwait(false);
            var answer = await context.AskAsync(new ElicitationRequest($"A table at {restaurant} at {time}: for how many, and shall I book it?", Question)).ConfigureAwait(false);
            if (!answer.IsAccepted || !answer.Content["confirm"]!.GetValue<bool>())
            {
                return ToolResult.FromObject(new JsonObject { ["booked"] = false, ["summary"] = "No table was booked." });
            }

            await context.ReportProgressAsync(3, 3, "Booking").ConfigureAwait(false);
            await options.DelayAsync(0.5, context.CancellationToken).ConfigureAwait(false);
            var guests = answer.Content["guests"]!.GetValue<long>();
            var seating = answer.Content["seating"]!.GetValue<string>();
            return ToolResult.FromObject(new JsonObject
            {
                ["booked"] = true,
                ["guests"] = guests,
                ["seating"] = seating,
                ["summary"] = $"A table for {guests} {seating} at {restaurant}, {time}.",
            });
        },
    };
}
