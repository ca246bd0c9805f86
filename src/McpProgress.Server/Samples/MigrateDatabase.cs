using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Work whose end the server announces by an event of its own, for clients that react to it.</summary>
internal static class MigrateDatabase
{
    private static readonly string[] Steps = ["locking tables", "copying rows", "building indexes", "unlocking tables"];

    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "migrate_database",
        Title = "Migrate database",
        Description = "Pretends to migrate a database in four steps of half a second, and then sends the server event migration_finished to a client that speaks MCPC. Use it to see how a client reacts to an event.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "database": { "type": "string", "description": "The database to migrate." }
              },
              "required": ["database"]
            }
            """),
        OutputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "database": { "type": "string", "description": "The database that was migrated." },
                "version": { "type": "integer", "description": "The version it has now." }
              },
              "required": ["database", "version"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var database = arguments.GetString("database");
            for (var step = 0; step < Steps.Length; step++)
            {
                await context.ReportProgressAsync(step + 1, Steps.Length, Steps[step]).ConfigureAwait(false);
                await options.DelayAsync(0.5, context.CancellationToken).ConfigureAwait(false);
            }

            var migrated = new JsonObject { ["database"] = database, ["version"] = 2 };
            await context.SendServerEventAsync("migration_finished", migrated.DeepClone()).ConfigureAwait(false);
            return ToolResult.FromObject(migrated);
        },
    };
}
