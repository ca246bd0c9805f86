using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.Server.Tools;

/// <summary>
/// Where what a running tool says goes, and where what it is told comes from. A plain call speaks over the request's own
/// stream, an MCPC task by callbacks, a task of MCP through its state. The tool cannot tell the difference, which is why
/// it is written only once.
/// </summary>
public interface IToolChannel
{
    /// <summary>What the client sends to the running tool (<c>_mcpc_update</c>); stays empty where there is no such way.</summary>
    ChannelReader<JsonElement> Updates { get; }

    /// <summary>Takes one progress update; it may wait for a slow reader, and never fails because a client is gone.</summary>
    /// <param name="update">The update; its numbers are finite.</param>
    ValueTask ReportProgressAsync(ProgressUpdate update);

    /// <summary>Takes one log message; the channel decides whether anyone asked for it.</summary>
    /// <param name="level">How serious it is.</param>
    /// <param name="message">The text.</param>
    ValueTask LogAsync(LogLevel level, string message);

    /// <summary>Takes an intermediate result; only MCPC has a form for it. A plain call keeps it for its answer, tasks leave it out.</summary>
    /// <param name="result">Any JSON.</param>
    ValueTask SendUpdateAsync(JsonNode? result);

    /// <summary>Takes an event of the server itself; sent to clients that speak MCPC.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="result">Any JSON.</param>
    ValueTask SendServerEventAsync(string name, JsonNode? result);

    /// <summary>Whether the client takes a question of this kind.</summary>
    /// <param name="question">The question.</param>
    bool Takes(ToolQuestion question);

    /// <summary>Puts questions to the client, at once, and waits for all answers.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answers in the order of the questions, each of its question's type.</returns>
    /// <exception cref="ToolException">The client cannot be asked, or gave an answer that does not fit.</exception>
    /// <exception cref="MissingRequiredClientCapabilityException">The same, where the protocol has an error for it (2026-07-28).</exception>
    Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken);
}
