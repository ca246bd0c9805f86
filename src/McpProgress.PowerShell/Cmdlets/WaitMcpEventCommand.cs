using System.Management.Automation;
using System.Threading.Channels;
using McpProgress.Core;
using McpProgress.Core.Events;
using McpProgress.PowerShell.Completion;
using McpProgress.PowerShell.Events;
using McpProgress.PowerShell.Pipeline;

namespace McpProgress.PowerShell.Cmdlets;

/// <summary>Waits for an event that happens from now on, and returns it.</summary>
[Cmdlet(VerbsLifecycle.Wait, "McpEvent")]
[OutputType(typeof(McpEvent))]
public sealed class WaitMcpEventCommand : McpCmdlet
{
    private const int MostWaiting = 100_000;

    /// <summary>The names of the events; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Says for an event, which is in $_, whether it is the one.</summary>
    [Parameter(Position = 1)]
    public ScriptBlock? Filter { get; set; }

    /// <summary>Only events of these connections; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public string[]? Server { get; set; }

    /// <summary>How long to wait, in seconds; 0 waits for ever.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double TimeoutSec { get; set; }

    /// <summary>Also takes an event that happened since then, such as before the cmdlet was called.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            McpEvent? found = null;
            EventHub hub = State.Events;
            var filter = new EventFilter(Name, Server);
            Run(async (pump, cancellationToken) => found = await WaitAsync(hub, filter, pump, cancellationToken).ConfigureAwait(false));
            WriteObject(found);
        }
        catch (McpFailureException failure)
        {
            WriteFailure(failure, Name);
        }
    }

    private async Task<McpEvent> WaitAsync(EventHub hub, EventFilter filter, PipelinePump pump, CancellationToken cancellationToken)
    {
        long missed = 0;
        var waiting = Channel.CreateBounded<ConnectionEvent>(MostWaiting);
        using IDisposable subscription = hub.Subscribe(
            (in ConnectionEvent happened) =>
            {
                if (filter.Selects(happened) && !(happened.Timestamp < Since) && !waiting.Writer.TryWrite(happened) && missed++ == 0)
                {
                    pump.Post(() => WriteWarning("The filter is slower than the events come: some of them were not looked at."));
                }
            },
            replay: Since is not null);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan timeout = Seconds.ToTimeSpan(TimeoutSec);
        if (timeout > TimeSpan.Zero)
        {
            limit.CancelAfter(timeout);
        }

        try
        {
            while (true)
            {
                ConnectionEvent happened = await waiting.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
                var shown = new McpEvent(EventLogLine.From(hub, happened));
                if (Filter is null || await IsWantedAsync(shown, pump, cancellationToken).ConfigureAwait(false))
                {
                    return shown;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new McpFailureException(ErrorIds.Timeout, $"No event '{string.Join(", ", Name)}' came within {TimeoutSec:0.#} s.");
        }
    }

    private Task<bool> IsWantedAsync(McpEvent happened, PipelinePump pump, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        pump.Post(() =>
        {
            try
            {
                answer.TrySetResult(LanguagePrimitives.IsTrue(Filter!.InvokeWithContext(null, [new PSVariable("_", happened)], happened).LastOrDefault()));
            }
            catch (Exception exception)
            {
                answer.TrySetException(exception);
                throw;
            }
        });

        // A stopped pipeline carries out nothing that still waits.
        return answer.Task.WaitAsync(cancellationToken);
    }
}
