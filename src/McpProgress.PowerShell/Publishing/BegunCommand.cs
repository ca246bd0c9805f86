using System.Management.Automation;
using McpProgress.Server.Tools;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// A published command whose call may become a task when its <c>begin</c> block is over: there its pipeline waits for the
/// context of the rest. Who disposes it before it got one stops the command.
/// </summary>
internal sealed class BegunCommand : IDisposable
{
    // Neither context's token: the command outlives the one, and the other comes later.
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ToolContext> _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<ToolResult>? _result;

    /// <summary>Runs the command to the end of its <c>begin</c> block, or to its own where that comes first.</summary>
    /// <param name="run">Runs it to its result.</param>
    /// <param name="cancelled">Stops it before the block has ended.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="ModelContextProtocol.McpProtocolException">The call is to end in this error.</exception>
    public async Task BeginAsync(Func<CancellationToken, Task<ToolResult>> run, CancellationToken cancelled)
    {
        using var stopping = StopWith(cancelled);
        _result = run(_stop.Token);
        if (await Task.WhenAny(_begun.Task, _result).ConfigureAwait(false) == _result)
        {
            // A result is the rest's; all else ends the call here.
            await _result.ConfigureAwait(false);
        }
    }

    /// <summary>The end of the <c>begin</c> block, on the pipeline thread: waits for what follows.</summary>
    /// <returns>The context of the rest.</returns>
    /// <exception cref="PipelineStoppedException">Nothing follows.</exception>
    public ToolContext EndBegin()
    {
        _begun.TrySetResult();
        try
        {
            return _rest.Task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Ends the wait for what follows: the pipeline is being stopped.</summary>
    public void StopWaiting() => _rest.TrySetCanceled();

    /// <summary>Runs the rest.</summary>
    /// <param name="context">The caller's end from now on.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="ModelContextProtocol.McpProtocolException">The call is to end in this error.</exception>
    public async Task<ToolResult> GoOnAsync(ToolContext context)
    {
        using var stopping = StopWith(context.CancellationToken);
        _rest.TrySetResult(context);
        return await _result!.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Cancel();

    private CancellationTokenRegistration StopWith(CancellationToken cancelled) =>
        cancelled.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
}
