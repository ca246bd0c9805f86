using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.Server.Tools;

/// <summary>What came of a tool, or of its preparation.</summary>
/// <param name="Result">The result; null when it is prepared and yet to run.</param>
/// <param name="Prepared">The arguments it is prepared with.</param>
internal sealed record ToolOutcome(ToolResult? Result, ToolArguments? Prepared)
{
    /// <summary>Ends what the preparation has begun: the tool is not going to run.</summary>
    public void Drop() => Prepared?.Begun?.Dispose();
}

/// <summary>Runs a tool to a result: a failure becomes an error result, only cancellation and errors of the protocol get out.</summary>
internal static partial class ToolRunner
{
    /// <summary>Runs <paramref name="tool"/> once, its preparation first.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; there is nobody to answer.</exception>
    /// <exception cref="McpProtocolException">The call is to end in this error.</exception>
    public static async ValueTask<ToolResult> RunAsync(ServerTool tool, ToolArguments arguments, ToolContext context, ILogger logger)
    {
        var outcome = await PrepareAsync(tool, arguments, context, logger).ConfigureAwait(false);
        return outcome.Result ?? await RunPreparedAsync(tool, outcome.Prepared!, context, logger).ConfigureAwait(false);
    }

    /// <summary>Prepares <paramref name="tool"/> for <see cref="RunPreparedAsync"/>; what fails here is the result already.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; there is nobody to answer.</exception>
    /// <exception cref="McpProtocolException">The call is to end in this error.</exception>
    public static ValueTask<ToolOutcome> PrepareAsync(ServerTool tool, ToolArguments arguments, ToolContext context, ILogger logger) =>
        tool.Prepare is not { } prepare
            ? new ValueTask<ToolOutcome>(new ToolOutcome(null, arguments))
            : GuardAsync(async () => new ToolOutcome(null, await prepare(arguments, context).ConfigureAwait(false)), tool, context, logger);

    /// <summary>Runs a prepared <paramref name="tool"/> once.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; there is nobody to answer.</exception>
    /// <exception cref="McpProtocolException">The call is to end in this error.</exception>
    public static async ValueTask<ToolResult> RunPreparedAsync(ServerTool tool, ToolArguments arguments, ToolContext context, ILogger logger)
    {
        using var begun = arguments.Begun;
        var outcome = await GuardAsync(
            async () => new ToolOutcome(await tool.Body(arguments, context).ConfigureAwait(false), null), tool, context, logger).ConfigureAwait(false);
        return outcome.Result!;
    }

    /// <summary>What a client gets instead of a result that has no form in JSON: one too deep, or with half a character in it.</summary>
    public static string Untellable(ServerTool tool, Exception failure, ILogger logger)
    {
        LogUntellable(logger, tool.Name, failure);
        return $"The result of the tool '{tool.Name}' cannot be sent. The server's log says why.";
    }

    private static async ValueTask<ToolOutcome> GuardAsync(Func<ValueTask<ToolOutcome>> run, ServerTool tool, ToolContext context, ILogger logger)
    {
        try
        {
            var outcome = await run().ConfigureAwait(false);
            if (context.CancellationToken.IsCancellationRequested)
            {
                outcome.Drop();
                throw new OperationCanceledException(context.CancellationToken);
            }

            return outcome;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            LogCancelled(logger, tool.Name);
            throw;
        }
        catch (McpProtocolException failure)
        {
            LogFailed(logger, tool.Name, failure.Message);
            throw;
        }
        catch (ToolException failure)
        {
            LogFailed(logger, tool.Name, failure.Message);
            return new ToolOutcome(ToolResult.FromError(failure.Message), null);
        }
#pragma warning disable CA1031 // Whatever a tool throws ends as its error result: one bad tool must not end the session.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            // The details may hold paths or secrets of this machine: they go to the server's log, not to the client.
            LogCrashed(logger, tool.Name, failure);
            return new ToolOutcome(ToolResult.FromError($"The tool '{tool.Name}' failed unexpectedly. The server's log says why."), null);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The tool {Tool} was cancelled.")]
    private static partial void LogCancelled(ILogger logger, string tool);

    [LoggerMessage(Level = LogLevel.Information, Message = "The tool {Tool} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string tool, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The tool {Tool} threw an exception it should have handled.")]
    private static partial void LogCrashed(ILogger logger, string tool, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "The result of the tool {Tool} cannot be sent.")]
    private static partial void LogUntellable(ILogger logger, string tool, Exception failure);
}
