using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Tools;

/// <summary>Runs a tool to a result: a failure becomes an error result, only cancellation gets out.</summary>
internal static partial class ToolRunner
{
    /// <summary>Runs <paramref name="tool"/> once.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; there is nobody to answer.</exception>
    public static async ValueTask<ToolResult> RunAsync(ServerTool tool, ToolArguments arguments, ToolContext context, ILogger logger)
    {
        try
        {
            var result = await tool.Body(arguments, context).ConfigureAwait(false);
            context.CancellationToken.ThrowIfCancellationRequested();
            return result;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            LogCancelled(logger, tool.Name);
            throw;
        }
        catch (ToolException failure)
        {
            LogFailed(logger, tool.Name, failure.Message);
            return ToolResult.FromError(failure.Message);
        }
#pragma warning disable CA1031 // Whatever a tool throws ends as its error result: one bad tool must not end the session.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            // The details may hold paths or secrets of this machine: they go to the server's log, not to the client.
            LogCrashed(logger, tool.Name, failure);
            return ToolResult.FromError($"The tool '{tool.Name}' failed unexpectedly. The server's log says why.");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The tool {Tool} was cancelled.")]
    private static partial void LogCancelled(ILogger logger, string tool);

    [LoggerMessage(Level = LogLevel.Information, Message = "The tool {Tool} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string tool, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The tool {Tool} threw an exception it should have handled.")]
    private static partial void LogCrashed(ILogger logger, string tool, Exception failure);
}
