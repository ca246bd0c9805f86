using System.Management.Automation;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;
using McpProgress.Server.Progress;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// One call of a published command, as its runspace's host and the end of its pipeline see it. All that the command
/// says passes here, on its pipeline thread and in order, on its way to the caller.
/// </summary>
/// <param name="context">The caller's end; where the call becomes a task on the way, until then.</param>
/// <param name="isListed">Whether the tool's output schema promises a list.</param>
/// <param name="errors">How errors are told.</param>
internal sealed class CommandCall(ToolContext context, bool isListed, ErrorText errors)
{
    // The engine keeps a copy of every record beside what it hands to the host.
    private const int KeptRecords = 1024;

    // Held while one of them speaks: runspaces that the command made have the same host.
    private readonly object _speaking = new();
    private readonly ProgressFolder _progress = new();
    private readonly StringBuilder _line = new();

    // The pipeline thread changes it where the call becomes a task; runspaces that the command made may speak at any time.
    private volatile ToolContext _context = context;
    private int _kept;
    private int _pipelineThread;
    private bool _stopping;
    private string? _unanswered;
    private McpProtocolException? _undeclared;

    /// <summary>The command, where its call may become a task after its <c>begin</c> block; null where it cannot.</summary>
    public BegunCommand? Begun { get; init; }

    /// <summary>What it puts out.</summary>
    public CallOutput Output { get; } = new(isListed);

    /// <summary>What the command gave to <c>exit</c>; null when it did not.</summary>
    public int? ExitCode { get; set; }

    /// <summary>The jobs of the runspace it runs in; known once it has begun.</summary>
    public JobRepository? Jobs { get; set; }

    /// <summary>Drops the engine's copies of what the host was told; a command may write a million records.</summary>
    public Action? Heard { get; set; }

    /// <summary>The end of the <c>begin</c> block: all that follows goes to the task, or to whatever else the call has become.</summary>
    /// <exception cref="PipelineStoppedException">Nothing follows.</exception>
    public void EndBegin() => _context = Begun!.EndBegin();

    /// <summary>Its pipeline hears of a stop from now on. Called on its thread.</summary>
    public void PipelineReady() => _pipelineThread = Environment.CurrentManagedThreadId;

    /// <summary>A stop has reached its pipeline.</summary>
    public void PipelineStopping()
    {
        Begun?.StopWaiting();
        lock (_line)
        {
            _stopping = true;
            Monitor.PulseAll(_line);
        }
    }

    /// <summary>Reports a progress record.</summary>
    public void Progress(long source, ProgressRecord record)
    {
        lock (_speaking)
        {
            Count();
            var folded = _progress.Fold(new ActivityRecord(
                source, record.ActivityId, record.ParentActivityId, record.Activity ?? "", record.StatusDescription ?? "", record.CurrentOperation,
                record.PercentComplete, record.SecondsRemaining, record.RecordType == ProgressRecordType.Completed));
            if (folded is { } update)
            {
                Wait(_context.ReportProgressAsync(update.Progress, update.Total, update.Message));
            }
        }
    }

    /// <summary>Sends a log message.</summary>
    public void Log(LogLevel level, string? text)
    {
        lock (_speaking)
        {
            Count();
            if (!string.IsNullOrEmpty(text))
            {
                Wait(_context.LogAsync(level, TerminalText.Clean(text, keepLines: true)));
            }
        }
    }

    /// <summary>Takes text written to the host; each complete line is a log message.</summary>
    public void Write(string? text)
    {
        lock (_speaking)
        {
            _line.Append(text);
            if (text?.Contains('\n', StringComparison.Ordinal) == true)
            {
                var lines = _line.ToString().Split('\n');
                _line.Clear().Append(lines[^1]);
                foreach (var line in lines[..^1])
                {
                    Log(LogLevel.Information, line.TrimEnd('\r'));
                }
            }
        }
    }

    /// <summary>
    /// Asks the caller, and waits for the answer. Without one the command ends, as Ctrl+C at a prompt ends it: it must not
    /// go on as if it had one.
    /// </summary>
    /// <param name="message">The question.</param>
    /// <param name="schema">The form.</param>
    /// <returns>What was answered, by the names of the form.</returns>
    /// <exception cref="PipelineStoppedException">The call was cancelled, the caller declined, or takes no questions.</exception>
    public JsonObject Ask(string message, JsonObject schema)
    {
        message = TerminalText.Clean(message, keepLines: true);
        var current = _context;
        try
        {
            var answer = current.AskAsync(new ElicitationRequest(message, schema.ToElement())).GetAwaiter().GetResult();
            if (answer.IsAccepted)
            {
                return answer.Content;
            }

            _unanswered = $"The question was not answered ({answer.Action}): {message}";
        }
        catch (ToolException failure)
        {
            _unanswered = $"{failure.Message} The question was: {message}";
        }
        catch (McpProtocolException failure)
        {
            // The protocol's own error for a client that takes no questions (2026-07-28).
            _undeclared = failure;
        }
        catch (OperationCanceledException)
        {
            // Without the call's own cancellation, as when the connection breaks, nothing stops the pipeline but this.
            if (current.CancellationToken.IsCancellationRequested)
            {
                AwaitStop();
            }
        }

        throw new PipelineStoppedException();
    }

    /// <summary>Takes a non-terminating error.</summary>
    public void AddError(ErrorRecord error)
    {
        // What a program writes to its standard error is mostly no error at all.
        if (error.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage")
        {
            Log(LogLevel.Warning, error.Exception.Message);
            return;
        }

        var text = errors.Of(error);
        Log(LogLevel.Error, text);
        Output.AddError(text);
    }

    /// <summary>The result, once the pipeline has ended.</summary>
    /// <param name="failure">What ended it early; null for nothing.</param>
    /// <exception cref="McpProtocolException">The call ends in an error of the protocol, not in a result.</exception>
    public ToolResult ToResult(Exception? failure)
    {
        if (_undeclared is not null)
        {
            throw _undeclared;
        }

        if (failure is IContainsErrorRecord { ErrorRecord: { CategoryInfo.Category: ErrorCategory.ProtocolError } broken })
        {
            throw new McpProtocolException(errors.Of(broken), McpErrorCode.InternalError);
        }

        Write(_line.Length > 0 ? "\n" : null);
        return Output.ToResult(
            _unanswered is not null ? _unanswered
            : failure is not null ? errors.Of(failure)
            : ExitCode is { } code and not 0 ? $"The command ended with exit code {code}."
            : null);
    }

    private void Count()
    {
        if (++_kept == KeptRecords)
        {
            _kept = 0;
            Heard?.Invoke();
        }
    }

    // Cancelling the call stops the pipeline, a little later. The command must not unwind before: a stop that comes while its
    // finally blocks run ends them, too. Runspaces that the command made are no part of this pipeline, and nothing may wait for them.
    private void AwaitStop()
    {
        lock (_line)
        {
            while (!_stopping && Environment.CurrentManagedThreadId == _pipelineThread)
            {
                Monitor.Wait(_line);
            }
        }
    }

    // The pipeline thread is the command's own: it may wait for a slow reader, as writing to a console may.
    private static void Wait(ValueTask sending)
    {
        try
        {
            if (sending.IsCompleted)
            {
                sending.GetAwaiter().GetResult();
            }
            else
            {
                sending.AsTask().GetAwaiter().GetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // The call was cancelled; the pipeline is being stopped, and nobody listens any more.
        }
    }
}
