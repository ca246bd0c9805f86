using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>Asks for input by requests to the client: the way of the revisions up to 2025-11-25.</summary>
internal static class ClientRequests
{
    /// <summary>The <c>_meta</c> member that names the task a message belongs to.</summary>
    public const string RelatedTaskKey = "io.modelcontextprotocol/related-task";

    /// <summary>Puts the questions and waits for all answers.</summary>
    /// <param name="server">Decides by which stream they go out.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="taskId">The task it belongs to; null for a plain call.</param>
    /// <param name="cancelled">Gives up.</param>
    /// <exception cref="ToolException">The client refused, or an answer does not fit.</exception>
    public static async Task<IReadOnlyList<object>> AskAsync(McpServer server, IReadOnlyList<ToolQuestion> questions, string? taskId, CancellationToken cancelled) =>
        await Task.WhenAll(questions.Select(async question =>
        {
            var answer = await AskRawAsync(server, question, taskId, cancelled).ConfigureAwait(false);
            try
            {
                return question.ReadAnswer(answer);
            }
            catch (FormatException failure)
            {
                throw new ToolException($"The answer to '{question.Text}' does not fit: {failure.Message}", failure);
            }
        })).ConfigureAwait(false);

    /// <summary>Puts one question, leaving the answer unread.</summary>
    /// <exception cref="ToolException">The client refused.</exception>
    public static async Task<JsonNode?> AskRawAsync(McpServer server, ToolQuestion question, string? taskId, CancellationToken cancelled)
    {
        var parameters = question.ToParameters();
        if (taskId is not null)
        {
            parameters["_meta"] = RelatedTask(taskId);
        }

        try
        {
            var response = await server.SendRequestAsync(new JsonRpcRequest { Method = question.Method, Params = parameters }, cancelled).ConfigureAwait(false);
            return response.Result;
        }
        catch (McpException failure)
        {
            throw new ToolException($"The client did not take the question '{question.Text}': {failure.Message}", failure);
        }
    }

    /// <summary>The <c>_meta</c> of a message that belongs to a task.</summary>
    public static JsonObject RelatedTask(string taskId) => new() { [RelatedTaskKey] = new JsonObject { ["taskId"] = taskId } };

    /// <summary>The failure of a tool whose client does not take its question.</summary>
    public static ToolException Unable(string tool, ToolQuestion question) => new(Reason(tool, question));

    /// <summary>The same as the error of revision 2026-07-28 (basic, client capabilities).</summary>
    public static MissingRequiredClientCapabilityException Undeclared(string tool, ToolQuestion question) => new(question.Needs, Reason(tool, question));

    private static string Reason(string tool, ToolQuestion question) =>
        $"The tool '{tool}' has a question, but this client takes none of its kind: it does not declare the capability '{question.Capability}'.";
}
