using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Protocol;

/// <summary>Answers plain calls: the ones that are neither a task nor MCPC.</summary>
internal sealed class PlainCalls(ToolServerOptions options, ILogger logger) : IDisposable
{
    /// <summary>For how long an answer is waited for that the client promised to bring.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(10);

    /// <summary>How many calls may wait for an answer.</summary>
    private const int MaxWaiting = 1000;

    private readonly ConcurrentDictionary<string, (StretchedCall Call, ITimer Limit)> _waiting = new(StringComparer.Ordinal);

    /// <summary>Runs a tool, or goes on with one that asked, and gives what the request is to be answered with.</summary>
    public async Task<JsonObject> CallAsync(IncomingRequest request, ServerTool tool, JsonObject? arguments, CancellationToken cancelled)
    {
        if (request.IsModern)
        {
            var (outcome, questions) = await StretchAsync(request, tool, arguments, preparesOnly: false, cancelled).ConfigureAwait(false);
            return questions ?? outcome!.Result!.ToJson();
        }

        using var channel = new CallChannel(request, tool.Name, options, cancelled);
        var context = new ToolContext(channel, cancelled);
        var result = await ToolRunner.RunAsync(tool, new ToolArguments(arguments.ToElements()), context, logger).ConfigureAwait(false);
        await channel.CompleteAsync().ConfigureAwait(false);
        return channel.AnswerOf(result).ToJson();
    }

    /// <summary>Prepares a tool for running as a task, or goes on with one that asked while it was prepared (2026-07-28).</summary>
    /// <returns>The arguments it is prepared with, which are the caller's to run it with or to drop; or, where it asked or failed, what the request is to be answered with.</returns>
    public async Task<(ToolArguments? Prepared, JsonObject? Answer)> PrepareAsync(IncomingRequest request, ServerTool tool, JsonObject? arguments, CancellationToken cancelled)
    {
        var (outcome, questions) = await StretchAsync(request, tool, arguments, preparesOnly: true, cancelled).ConfigureAwait(false);
        return (outcome?.Prepared, questions ?? outcome!.Result?.ToJson());
    }

    /// <summary>Cancels what waits.</summary>
    public void Dispose()
    {
        foreach (var state in _waiting.Keys)
        {
            Drop(state);
        }
    }

    // The outcome; null when the request is to be answered with the questions it gave.
    private async Task<(ToolOutcome? Outcome, JsonObject? Questions)> StretchAsync(
        IncomingRequest request, ServerTool tool, JsonObject? arguments, bool preparesOnly, CancellationToken cancelled)
    {
        using var channel = new CallChannel(request, tool.Name, options, cancelled);
        var responses = new Dictionary<string, JsonNode?>(request.Parameters["inputResponses"] as JsonObject ?? [], StringComparer.Ordinal);
        StretchedCall call;
        if (request.TextOrNull("requestState") is { } state)
        {
            call = TakeUp(tool, state, preparesOnly, responses);
        }
        else
        {
            call = new StretchedCall(tool, request, preparesOnly);
            call.Start(channel, new ToolArguments(arguments.ToElements()), logger);
        }

        var kept = false;
        try
        {
            // A client may send answers along with a call that begins (SEP-2322): questions that have one are not put.
            ToolOutcome? outcome = null;
            while (outcome is null && (call.Pending is null || call.Answer(responses, channel)))
            {
                outcome = await call.WaitAsync(cancelled).ConfigureAwait(false);
            }

            await channel.CompleteAsync().ConfigureAwait(false);
            if (outcome is not null)
            {
                call.HandOver();
                return (outcome, null);
            }

            kept = _waiting.Count < MaxWaiting;
            return (null, kept ? Ask(call) : ToolResult.FromError("Too many calls wait for an answer. Try again later.").ToJson());
        }
        catch (FormatException failure)
        {
            throw IncomingRequest.Invalid(failure.Message);
        }
        finally
        {
            if (!kept)
            {
                call.Dispose();
            }
        }
    }

    private StretchedCall TakeUp(ServerTool tool, string state, bool preparesOnly, IDictionary<string, JsonNode?> responses)
    {
        if (!_waiting.TryGetValue(state, out var waiting) || waiting.Call.Tool != tool.Name || waiting.Call.PreparesOnly != preparesOnly)
        {
            throw IncomingRequest.Invalid("No call waits under this requestState: it was answered already, or took too long. Call the tool again.");
        }

        try
        {
            // There is none where another request has just answered it, which the next step finds out.
            waiting.Call.Pending?.Check(responses);
        }
        catch (FormatException failure)
        {
            throw IncomingRequest.Invalid(failure.Message);
        }

        // Of two requests that bring an answer, the second finds nothing.
        if (!_waiting.TryRemove(state, out _))
        {
            throw IncomingRequest.Invalid("This question is being answered already.");
        }

        // What is left without an answer is asked again (SEP-2322), under a new state.
        waiting.Limit.Dispose();
        return waiting.Call;
    }

    private JsonObject Ask(StretchedCall call)
    {
        var state = Guid.NewGuid().ToString("N");
        _waiting[state] = (call, options.TimeProvider.CreateTimer(_ => Drop(state), null, AnswerLimit, Timeout.InfiniteTimeSpan));
        return new JsonObject
        {
            ["resultType"] = "input_required",
            ["inputRequests"] = call.Pending!.ToInputRequests(),
            ["requestState"] = state,
        };
    }

    private void Drop(string state)
    {
        if (_waiting.TryRemove(state, out var waiting))
        {
            waiting.Limit.Dispose();
            waiting.Call.Dispose();
        }
    }
}
