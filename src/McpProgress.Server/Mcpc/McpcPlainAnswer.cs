using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Mcpc;

/// <summary>
/// What a call without ids is answered with. A tool's own result, unless the tool has sent intermediate results
/// (<see cref="ToolContext.SendUpdateAsync"/>), which only MCPC has a form for: then, as with the original's releases 0.2.5
/// and 0.2.6, all messages of the task, each a text block, in session <c>default</c> under a fresh id.
/// </summary>
/// <remarks>
/// Recorded of the originals: 0.2.3 and later hold the call until the tool is done, and the last block is
/// <c>complete</c> or <c>failed</c>; before it 0.2.4 leaves the updates out, which loses them. 0.2.1 answers at once with
/// <c>created</c> and sends responses nobody asked for, an error to a plain client: that is not repeated. Nor is the wait of
/// at most 60 seconds: progress keeps the call alive. A tool that only reports progress has no messages of its own to give,
/// its progress goes as <c>notifications/progress</c>; wrapped, its result would not be what its schema says.
/// </remarks>
internal sealed class McpcPlainAnswer(string tool)
{
    // All of them stay in memory until the tool is done: beyond this the oldest go.
    private const int MaxUpdates = 1000;

    private readonly object _gate = new();
    private readonly Queue<McpcMessage> _updates = new();
    private readonly McpcSequence _sequence = new();
    private readonly string _taskId = Guid.NewGuid().ToString();

    /// <summary>Keeps an intermediate result.</summary>
    public void Add(JsonNode? result)
    {
        lock (_gate)
        {
            if (_updates.Count == MaxUpdates)
            {
                _updates.Dequeue();
            }

            _updates.Enqueue(Message("update", result?.DeepClone()));
        }
    }

    /// <summary>The answer to the call.</summary>
    /// <param name="result">What the tool ended with.</param>
    public ToolResult With(ToolResult result)
    {
        lock (_gate)
        {
            if (_updates.Count == 0)
            {
                return result;
            }

            var end = result.IsError ? Message("failed", result.Text) : Message("complete", McpcCall.Content(result));
            return new ToolResult
            {
                Content = [.. _updates.Append(end).Select(message => new TextContentBlock { Text = message.ToJson() })],
                StructuredContent = result.StructuredContent,
                IsError = result.IsError,
            };
        }
    }

    private McpcMessage Message(string @event, JsonNode? result) =>
        _sequence.Number(McpcMessage.Create(@event, tool, McpcIds.DefaultSession, _taskId, result));
}
