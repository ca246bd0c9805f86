using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Progress;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;
using McpProgress.PowerShell.Conversion;

namespace McpProgress;

/// <summary>
/// Background work as a PowerShell job. Its streams carry what the wire carried: the result as output, the latest progress,
/// the server's log, and one error when it failed. A tool that reports an error makes the job fail. While it waits for a new
/// connection it is Disconnected: the engine takes that as a state which only the user ends, so nothing waits for it.
/// </summary>
public sealed class McpJob : Job
{
    /// <summary>Who stops a job waits for its end, the engine too; the work ends at once, so this is never reached.</summary>
    internal static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly object _lock = new();
    private readonly ProgressPacer _pacer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _changes;
    private bool _isDisconnected;
    private bool _settled;
    private volatile bool _isRemoved;

    internal McpJob(string command, string? name, string activity)
        : base(command, name)
    {
        Activity = TerminalText.Clean(activity);
        _pacer = new ProgressPacer(ProgressPacer.ConsoleInterval, Draw);
        PSJobTypeName = "McpTask";
        SetJobState(JobState.Running);
    }

    /// <inheritdoc/>
    public override string StatusMessage => TerminalText.Clean(Core?.State.StatusMessage);

    /// <inheritdoc/>
    public override string Location => Core?.ServerName ?? "";

    /// <inheritdoc/>
    public override bool HasMoreData =>
        Output.Count > 0 || Error.Count > 0 || Progress.Count > 0 || Warning.Count > 0 || Information.Count > 0 || Verbose.Count > 0 || Debug.Count > 0;

    /// <summary>0 to 100; −1 while it is unknown.</summary>
    public int PercentComplete => Core?.State.PercentComplete ?? -1;

    /// <summary>The task behind the job.</summary>
    public McpTask Task => new(Core ?? throw new InvalidOperationException("The job has not been started."), this);

    /// <summary>What it does, for a progress bar.</summary>
    internal string Activity { get; }

    internal BackgroundTask? Core { get; private set; }

    /// <summary>Completes when the job has its final state, which is a moment after the work has.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Whether it waits for <c>Connect-McpServer</c>.</summary>
    internal bool IsDisconnected => JobStateInfo.State == JobState.Disconnected;

    /// <summary>Raised when the user has removed the job.</summary>
    internal event Action<McpJob>? Removed;

    /// <inheritdoc/>
    public override void StopJob()
    {
        Core?.Cancel();
        Finished.WaitOne(StopGrace);
    }

    /// <summary>Completes when the job has its final state, or waits for a connection that only the user can bring.</summary>
    internal async Task EndedOrDisconnectedAsync(CancellationToken cancellationToken)
    {
        var disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        StateChanged += Look;
        try
        {
            Look(this, null);
            await System.Threading.Tasks.Task.WhenAny(Ended, disconnected.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            StateChanged -= Look;
        }

        void Look(object? sender, JobStateEventArgs? change)
        {
            if (IsDisconnected)
            {
                disconnected.TrySetResult();
            }
        }
    }

    /// <summary>Takes the work over; called once.</summary>
    internal void Attach(BackgroundTask task)
    {
        Core = task;
        task.Changed += _ => Changed();
        task.ObserveLog(Log);
        task.ObserveWarnings(message => Write(() => Warning.Add(new WarningRecord(message))));
        Changed();
        _ = task.Completion.ContinueWith(Settle, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Adds a log message of the server.</summary>
    private void Log(ServerLogMessage message)
    {
        string text = TerminalText.Clean(message.Text, keepLines: true);
        Write(() =>
        {
            switch (message.Level)
            {
                case "debug":
                    Verbose.Add(new VerboseRecord(text));
                    break;
                case "info" or "notice":
                    Information.Add(new InformationRecord(text, message.Logger ?? Location) { Tags = { "McpLog" } });
                    break;
                default:
                    Warning.Add(new WarningRecord(text));
                    break;
            }
        });
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _isRemoved = true;

            // Not waiting: automatic removal disposes the job inside its own change of state.
            Core?.Cancel();
            Removed?.Invoke(this);
        }

        base.Dispose(disposing);
    }

    private void Changed()
    {
        FollowConnection();
        BackgroundState state = Core!.State;
        _pacer.OnProgress(new ProgressUpdate(Interlocked.Increment(ref _changes), state.Progress ?? 0, state.Total, state.StatusMessage, state.UpdatedAt));
    }

    // The state is read under the lock, so that of two changes at once the later one stays.
    private void FollowConnection() => Write(() =>
    {
        BackgroundState state = Core!.State;
        if (state.IsTerminal || state.IsDisconnected == _isDisconnected)
        {
            return;
        }

        _isDisconnected = state.IsDisconnected;
        SetJobState(_isDisconnected ? JobState.Disconnected : JobState.Running);
    });

    // The latest record replaces the one before it, so that Receive-Job does not replay thousands.
    private void Draw()
    {
        if (_pacer.TryTake(out ProgressView view))
        {
            string status = TerminalText.Clean(view.Update.Message);
            Write(() => Replace(new ProgressRecord(Id, Activity, status.Length > 0 ? status : Core!.State.Status.ToString())
            {
                PercentComplete = view.PercentComplete,
                SecondsRemaining = view.SecondsRemaining,
            }));
        }
    }

    private void Replace(ProgressRecord record)
    {
        Progress.ReadAll();
        Progress.Add(record);
    }

    // Output first, then the end of the bar, then the error, and the state last: a final state closes the streams.
    private void Settle(Task<ToolCallResult> completion)
    {
        JobState state;
        lock (_lock)
        {
            if (_settled)
            {
                return;
            }

            _settled = true;
            _pacer.Dispose();
            try
            {
                state = WriteOutcome(completion);
            }
            catch (Exception) when (_isRemoved)
            {
                // The job was removed while its work ended: there is nobody to tell.
                _ended.TrySetResult();
                return;
            }
            catch (Exception exception)
            {
                // A user's handler of one of the streams, for example: the job ends all the same.
                state = JobState.Failed;
                WriteError(FailureRecord.Of(new McpFailureException(ErrorIds.ProtocolError, $"The result of '{Core!.Tool}' cannot be output: {exception.Message}", exception), Core.Id));
            }
        }

        try
        {
            SetJobState(state);
        }
        catch (ObjectDisposedException)
        {
            // Removed at this very moment.
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void WriteError(ErrorRecord record)
    {
        try
        {
            Error.Add(record);
        }
        catch (Exception)
        {
            // What throws is a handler, and by then the record is in the stream; or the job was removed.
        }
    }

    private JobState WriteOutcome(Task<ToolCallResult> completion)
    {
        McpFailureException? failure = (completion.Exception?.GetBaseException() as McpFailureException)
            ?? (completion.IsCompletedSuccessfully && completion.Result.IsError ? ToolFailure.Of(Core!.Tool, completion.Result) : null);
        if (completion.IsCompletedSuccessfully && failure is null)
        {
            foreach (object? item in ToolOutput.Of(completion.Result))
            {
                Output.Add(item is null ? null : PSObject.AsPSObject(item));
            }
        }

        Replace(new ProgressRecord(Id, Activity, "Completed") { RecordType = ProgressRecordType.Completed });
        if (failure is null)
        {
            return JobState.Completed;
        }

        if (failure.ErrorId == ErrorIds.Cancelled)
        {
            return JobState.Stopped;
        }

        WriteError(FailureRecord.Of(failure, Core!.Id));
        return JobState.Failed;
    }

    private void Write(Action write)
    {
        lock (_lock)
        {
            if (_settled)
            {
                return;
            }

            try
            {
                write();
            }
            catch (Exception exception) when (exception is ObjectDisposedException or PSInvalidOperationException)
            {
                // Removed meanwhile.
            }
        }
    }
}
