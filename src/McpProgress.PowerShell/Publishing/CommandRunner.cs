using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Runs published commands to their results, and counts.</summary>
/// <param name="runspaces">Where they run.</param>
/// <param name="errors">How errors are told.</param>
/// <param name="logger">The server's log.</param>
internal sealed partial class CommandRunner(CommandRunspaces runspaces, ErrorText errors, ILogger logger)
{
    /// <summary>For how long a cancelled command may go on before it is left to itself.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private int _inFlight;
    private long _calls;
    private long _failures;

    /// <summary>Calls that run now, or wait for their turn.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether any command runs, one that was left to itself included.</summary>
    public bool IsBusy => InFlight > 0 || runspaces.Abandoned > 0;

    /// <summary>Calls so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Those of them that ended in an error.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Runs a command once.</summary>
    /// <param name="command">Its name, qualified by its module's.</param>
    /// <param name="values">Its parameters.</param>
    /// <param name="isListed">Whether the tool's output schema promises a list.</param>
    /// <param name="context">The caller's end.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; the command has stopped, or was left to itself.</exception>
    /// <exception cref="McpProtocolException">The call is to end in this error.</exception>
    public ValueTask<ToolResult> RunAsync(string command, IReadOnlyDictionary<string, object?> values, bool isListed, ToolContext context) =>
        RunAsync(command, values, new CommandCall(context, isListed, errors), context.CancellationToken);

    /// <summary>Runs a command once, at first to the end of its <c>begin</c> block.</summary>
    /// <param name="command">Its name, qualified by its module's.</param>
    /// <param name="values">Its parameters.</param>
    /// <param name="isListed">Whether the tool's output schema promises a list.</param>
    /// <param name="context">The caller's end until then.</param>
    /// <returns>What runs the rest.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled; the command has stopped, or was left to itself.</exception>
    /// <exception cref="McpProtocolException">The call is to end in this error.</exception>
    public async ValueTask<BegunCommand> BeginAsync(string command, IReadOnlyDictionary<string, object?> values, bool isListed, ToolContext context)
    {
        var begun = new BegunCommand();
        var call = new CommandCall(context, isListed, errors) { Begun = begun };
        await begun.BeginAsync(stop => RunAsync(command, values, call, stop).AsTask(), context.CancellationToken).ConfigureAwait(false);
        return begun;
    }

    private async ValueTask<ToolResult> RunAsync(string command, IReadOnlyDictionary<string, object?> values, CommandCall call, CancellationToken cancelled)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _inFlight);
        try
        {
            var result = await RunInRunspaceAsync(command, values, call, cancelled).ConfigureAwait(false);
            if (result.IsError)
            {
                Interlocked.Increment(ref _failures);
            }

            return result;
        }
        catch (McpProtocolException)
        {
            Interlocked.Increment(ref _failures);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task<ToolResult> RunInRunspaceAsync(string command, IReadOnlyDictionary<string, object?> values, CommandCall call, CancellationToken cancelled)
    {
        var runspace = await runspaces.TakeAsync(cancelled).ConfigureAwait(false);
        var running = runspace.Start(command, values, call);
        if (!await EndAsync(running, cancelled).ConfigureAwait(false))
        {
            LogAbandoned(logger, command, StopLimit.TotalSeconds);
            runspaces.Abandon(runspace);
            throw new OperationCanceledException(cancelled);
        }

        using (running)
        {
            try
            {
                cancelled.ThrowIfCancellationRequested();
                return call.ToResult(running.Failure);
            }
            finally
            {
                runspaces.GiveBack(runspace, call);
            }
        }
    }

    // False when the command was cancelled and does not stop.
    private static async Task<bool> EndAsync(RunningCommand running, CancellationToken cancelled)
    {
        try
        {
            await running.Ended.WaitAsync(cancelled).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            running.Stop();
        }

        try
        {
            await running.Ended.WaitAsync(StopLimit, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The command {Command} was cancelled and has not stopped for {Seconds} s. It is left to itself.")]
    private static partial void LogAbandoned(ILogger logger, string command, double seconds);
}
