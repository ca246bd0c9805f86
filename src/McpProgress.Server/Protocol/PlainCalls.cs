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
        using var channel = new CallChannel(request, tool.Name, options, cancelled);
        if (request.IsModern)
        {
            return await CallModernAsync(request, tool, arguments, channel, cancelled).ConfigureAwait(false);
        }

        var context = new ToolContext(channel, cancelled);
        var result = await ToolRunner.RunAsync(tool, new ToolArguments(arguments.ToElements()), context, logger).ConfigureAwait(false);
        await channel.CompleteAsync().ConfigureAwait(false);
        return channel.AnswerOf(result).ToJson();
    }

    /// <summary>Cancels what waits.</summary>
    public void Dispose()
    {
        foreach (var state in _waiting.Keys)
        {
            Drop(state);
        }
    }

    private async Task<JsonObject> CallModernAsync(
        IncomingRequest request, ServerTool tool, JsonObject? arguments, CallChannel channel, CancellationToken cancelled)
    {
        StretchedCall call;
        if (request.TextOrNull("requestState") is { } state)
        {
            call = TakeUp(request, tool, state, channel);
        }
        else
        {
            call = new StretchedCall(tool, request);
            call.Start(channel, new ToolArguments(arguments.ToElements()), logger);
        }

        var kept = false;
        try
        {
            var result = call.Pending is null ? await call.WaitAsync(cancelled).ConfigureAwait(false) : null;
            await channel.CompleteAsync().ConfigureAwait(false);
            if (result is not null)
            {
                return result.ToJson();
            }

            kept = _waiting.Count < MaxWaiting;
            return kept ? Ask(call) : ToolResult.FromError("Too many calls wait for an answer. Try again later.").ToJson();
        }
        finally
        {
            if (!kept)
            {
                call.Dispose();
            }
        }
    }

    private StretchedCall TakeUp(IncomingRequest request, ServerTool tool, string state, CallChannel channel)
    {
        if (!_waiting.TryGetValue(state, out var waiting) || waiting.Call.Tool != tool.Name)
        {
            throw IncomingRequest.Invalid("No call waits under this requestState: it was answered already, or took too long. Call the tool again.");
        }

        var question = waiting.Call.Pending!;
        ElicitationAnswer? answer = null;
        if ((request.Parameters["inputResponses"] as JsonObject)?[question.Key] is { } given)
        {
            try
            {
                answer = ElicitationAnswer.Read(given, question.Request);
            }
            catch (FormatException failure)
            {
                throw IncomingRequest.Invalid($"The answer to '{question.Request.Message}' does not fit: {failure.Message}");
            }
        }

        // Of two requests that bring an answer, the second finds nothing.
        if (!_waiting.TryRemove(state, out _))
        {
            throw IncomingRequest.Invalid("This question is being answered already.");
        }

        // Without an answer the question is put again (SEP-2322), under a new state.
        waiting.Limit.Dispose();
        if (answer is not null)
        {
            waiting.Call.Answer(answer, channel);
        }

        return waiting.Call;
    }

    private JsonObject Ask(StretchedCall call)
    {
        var state = Guid.NewGuid().ToString("N");
        var question = call.Pending!;
        _waiting[state] = (call, options.TimeProvider.CreateTimer(_ => Drop(state), null, AnswerLimit, Timeout.InfiniteTimeSpan));
        return new JsonObject
        {
            ["resultType"] = "input_required",
            ["inputRequests"] = new JsonObject { [question.Key] = question.Request.ToInputRequest() },
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
