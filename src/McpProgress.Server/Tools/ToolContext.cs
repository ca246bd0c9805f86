using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace McpProgress.Server.Tools;

/// <summary>What a tool may do while it runs: report progress, log, ask, take new orders, and notice that it was cancelled.</summary>
/// <param name="channel">Where progress and log messages go.</param>
/// <param name="cancellationToken">Cancelled when the caller no longer wants the result.</param>
public sealed class ToolContext(IToolChannel channel, CancellationToken cancellationToken)
{
    /// <summary>Cancelled when the caller no longer wants the result. A tool that works long must watch it.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Reports progress. Reports are sent in the order they are made; too frequent ones give way to newer ones.</summary>
    /// <param name="progress">How far the work is; finite.</param>
    /// <param name="total">How far it will go, in the same unit; null when nobody knows.</param>
    /// <param name="message">What is being done, for a person to read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite: JSON has no form for it.</exception>
    public ValueTask ReportProgressAsync(double progress, double? total = null, string? message = null)
    {
        if (!double.IsFinite(progress))
        {
            throw new ArgumentOutOfRangeException(nameof(progress), progress, "Progress must be a finite number.");
        }

        if (total is { } t && !double.IsFinite(t))
        {
            throw new ArgumentOutOfRangeException(nameof(total), total, "A total must be a finite number; leave it out when it is unknown.");
        }

        return channel.ReportProgressAsync(new ProgressUpdate(progress, total, message));
    }

    /// <summary>Sends a log message to the client, if it asked for messages of this level.</summary>
    /// <param name="level">How serious it is.</param>
    /// <param name="message">The text.</param>
    public ValueTask LogAsync(LogLevel level, string message) => channel.LogAsync(level, message);

    /// <summary>Sends a log message of level <c>info</c>.</summary>
    /// <param name="message">The text.</param>
    public ValueTask LogInfoAsync(string message) => channel.LogAsync(LogLevel.Information, message);

    /// <summary>Whether the client takes a question of this kind: a tool that can do without an answer looks first.</summary>
    /// <param name="question">The question.</param>
    public bool Takes(ToolQuestion question) => channel.Takes(question);

    /// <summary>Puts a question to the client and waits for the answer, in whatever form the client can be asked.</summary>
    /// <typeparam name="TAnswer">What the question is answered by.</typeparam>
    /// <param name="question">The question: to the user, to the client's model, or for its roots.</param>
    /// <returns>The answer. That of a user fits the question's schema, or was declined or dismissed.</returns>
    /// <exception cref="ToolException">The client cannot be asked, or gave an answer that does not fit.</exception>
    /// <exception cref="MissingRequiredClientCapabilityException">The same, where the protocol has an error for it (2026-07-28).</exception>
    public async Task<TAnswer> AskAsync<TAnswer>(ToolQuestion<TAnswer> question)
        where TAnswer : class
    {
        ArgumentNullException.ThrowIfNull(question);
        return (TAnswer)(await channel.AskAsync([question], CancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Puts several questions at once, and waits for all answers.</summary>
    /// <param name="questions">The questions.</param>
    /// <returns>The answers in the order of the questions, each of its question's type.</returns>
    /// <exception cref="ToolException">The client cannot be asked, or gave an answer that does not fit.</exception>
    /// <exception cref="MissingRequiredClientCapabilityException">The same, where the protocol has an error for it (2026-07-28).</exception>
    public Task<IReadOnlyList<object>> AskAllAsync(params ToolQuestion[] questions)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return channel.AskAsync(questions, CancellationToken);
    }

    /// <summary>
    /// Sends an intermediate result of any shape: an MCPC <c>update</c>. A plain call gets it with its answer, which then is
    /// all messages of the task as text blocks, as the original answers clients that do not speak MCPC; tasks of MCP leave it out.
    /// </summary>
    /// <param name="result">Any JSON.</param>
    public ValueTask SendUpdateAsync(JsonNode? result) => channel.SendUpdateAsync(result);

    /// <summary>Sends an event of the server itself (an MCPC <c>server_event</c>), with or without a task, to a client that speaks MCPC.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="result">Any JSON.</param>
    public ValueTask SendServerEventAsync(string name, JsonNode? result = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return channel.SendServerEventAsync(name, result);
    }

    /// <summary>The changes the client sends to this running task (<c>_mcpc_update</c>), as they come; ends at once where none can come.</summary>
    public IAsyncEnumerable<JsonElement> ReadUpdatesAsync() => channel.Updates.ReadAllAsync(CancellationToken);
}
