using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Mcpc;

/// <summary>One task of MCPC: a tool whose every word is a callback.</summary>
internal sealed class McpcCall(McpcSession session, McpcIds ids, string tool, ProgressToken? token, bool everyUpdate) : IToolChannel
{
    // More than anyone steers by; a client that sends more to a tool that reads none is told so.
    private const int MaxUpdates = 1000;

    private readonly McpcSequence _sequence = new();
    private readonly Channel<JsonElement> _updates = Channel.CreateBounded<JsonElement>(MaxUpdates);

    /// <inheritdoc/>
    public ChannelReader<JsonElement> Updates => _updates.Reader;

    /// <summary>The message that says it was created; the first of the task, and the call's own result.</summary>
    public McpcMessage Created() => _sequence.Number(Message("created", $"Started {tool}. Updates will stream in real-time."));

    /// <summary>The message that says it could not be.</summary>
    public McpcMessage Refused(string why) => _sequence.Number(Message("failed", why));

    /// <summary>Hands a change from the client to the tool; false when too many wait.</summary>
    public bool TryUpdate(JsonElement data) => _updates.Writer.TryWrite(data);

    /// <summary>Runs the tool and sends how it ended; there always is an end.</summary>
    public async Task RunAsync(ServerTool body, ToolArguments arguments, ILogger logger, CancellationToken cancelled)
    {
        McpcMessage end;
        try
        {
            var result = await ToolRunner.RunAsync(body, arguments, new ToolContext(this, cancelled), logger).ConfigureAwait(false);
            end = result.IsError ? Message("failed", result.Text) : Message("complete", Content(result));
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            end = Message("failed", "The task was cancelled.");
        }
        catch (McpProtocolException failure)
        {
            end = Message("failed", failure.Message);
        }
#pragma warning disable CA1031 // Whatever it was: the client waits for the end.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            end = Message("failed", ToolRunner.Untellable(body, failure, logger));
        }

        _updates.Writer.TryComplete();
        await session.Outbox.EndAsync(_sequence, end).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask ReportProgressAsync(ProgressUpdate update)
    {
        var message = Message("update", ToResult(update));
        if (everyUpdate)
        {
            return session.Outbox.SendAsync(_sequence, message);
        }

        session.Outbox.SendProgress(_sequence, message);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask LogAsync(LogLevel level, string message) =>
        _sequence.IsEnded ? default : session.Client.LogAsync(tool, level, message, token, ids.TaskId, CancellationToken.None);

    /// <inheritdoc/>
    public ValueTask SendUpdateAsync(JsonNode? result) => session.Outbox.SendAsync(_sequence, Message("update", result?.DeepClone()));

    /// <inheritdoc/>
    public ValueTask SendServerEventAsync(string name, JsonNode? result) =>
        session.SendServerEventAsync(name, result, CancellationToken.None, ids.SessionId);

    /// <inheritdoc/>
    public bool Takes(ToolQuestion question)
    {
        var server = session.Client.Server;
        return !ProtocolVersions.IsModern(server.NegotiatedProtocolVersion) && question.IsTakenBy(server.ClientCapabilities);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken)
    {
        var server = session.Client.Server;
        if (ProtocolVersions.IsModern(server.NegotiatedProtocolVersion))
        {
            throw new ToolException(
                $"The tool '{tool}' has a question, and MCPC has no way to put it over a connection of revision {server.NegotiatedProtocolVersion}, in which servers send no requests. " +
                $"Call the tool as a task or plainly, or connect with revision {ProtocolVersions.November2025}.");
        }

        return questions.FirstOrDefault(question => !Takes(question)) is { } refused
            ? throw ClientRequests.Unable(tool, refused)
            : ClientRequests.AskAsync(server, questions, ids.TaskId, cancellationToken);
    }

    // The original's progress is a percentage. Where no total is known there is none, only what is being done.
    private static JsonObject ToResult(ProgressUpdate update)
    {
        if (update.Total is not > 0)
        {
            return new JsonObject { ["status"] = update.Message ?? update.Progress.ToString(CultureInfo.InvariantCulture) };
        }

        var result = new JsonObject();
        if (update.Message is not null)
        {
            result["status"] = update.Message;
        }

        result["progress"] = Math.Clamp(update.Progress / update.Total.Value * 100, 0, 100);
        return result;
    }

    /// <summary>A tool's result as the content of a message.</summary>
    internal static JsonNode? Content(ToolResult result) =>
        result.StructuredContent is { } structured ? JsonSerializer.SerializeToNode(structured)
        : result.Content.All(block => block is TextContentBlock) ? result.Text
        : JsonSerializer.SerializeToNode(result.Content, McpJsonUtilities.DefaultOptions);

    private McpcMessage Message(string @event, JsonNode? result) => McpcMessage.Create(@event, tool, ids.SessionId, ids.TaskId, result);
}
