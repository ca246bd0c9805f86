using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

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

    /// <summary>Puts a question to the user and waits for the answer.</summary>
    /// <param name="request">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ToolException">The client cannot be asked, or gave an answer that does not fit.</exception>
    Task<ElicitationAnswer> AskAsync(ElicitationRequest request, CancellationToken cancellationToken);
}
