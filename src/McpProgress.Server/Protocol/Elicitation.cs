using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>Asks by a request to the client: the way of the revisions up to 2025-11-25.</summary>
internal static class Elicitation
{
    /// <summary>The <c>_meta</c> member that names the task a message belongs to.</summary>
    public const string RelatedTaskKey = "io.modelcontextprotocol/related-task";

    /// <summary>Sends <c>elicitation/create</c> and waits for its answer.</summary>
    /// <param name="server">Decides by which stream it goes out.</param>
    /// <param name="question">The question.</param>
    /// <param name="taskId">The task it belongs to; null for a plain call.</param>
    /// <param name="cancelled">Gives up.</param>
    /// <exception cref="ToolException">The client refused, or its answer does not fit.</exception>
    public static async Task<ElicitationAnswer> AskAsync(McpServer server, ElicitationRequest question, string? taskId, CancellationToken cancelled)
    {
        try
        {
            return ElicitationAnswer.Read(await AskRawAsync(server, question, taskId, cancelled).ConfigureAwait(false), question);
        }
        catch (FormatException failure)
        {
            throw new ToolException($"The answer to '{question.Message}' does not fit: {failure.Message}", failure);
        }
    }

    /// <summary>The same, leaving the answer unread.</summary>
    /// <exception cref="ToolException">The client refused.</exception>
    public static async Task<JsonNode?> AskRawAsync(McpServer server, ElicitationRequest question, string? taskId, CancellationToken cancelled)
    {
        var parameters = question.ToParameters();
        if (taskId is not null)
        {
            parameters["_meta"] = RelatedTask(taskId);
        }

        try
        {
            var response = await server.SendRequestAsync(new JsonRpcRequest { Method = ElicitationRequest.Method, Params = parameters }, cancelled).ConfigureAwait(false);
            return response.Result;
        }
        catch (McpException failure)
        {
            throw new ToolException($"The client did not take the question '{question.Message}': {failure.Message}", failure);
        }
    }

    /// <summary>The <c>_meta</c> of a message that belongs to a task.</summary>
    public static JsonObject RelatedTask(string taskId) => new() { [RelatedTaskKey] = new JsonObject { ["taskId"] = taskId } };

    /// <summary>The failure of a tool whose client takes no questions.</summary>
    public static ToolException Unable(string tool) =>
        new($"The tool '{tool}' has a question, but this client takes none: it does not declare the capability 'elicitation'.");
}
