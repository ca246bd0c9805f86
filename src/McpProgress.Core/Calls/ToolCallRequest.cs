using System.Text.Json.Nodes;
using McpProgress.Core.Progress;
using McpProgress.Core.Tasks;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Calls;

/// <summary>One call of a tool.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Arguments">Its arguments, already in the shape the tool's schema wants.</param>
public sealed record ToolCallRequest(string Tool, JsonObject Arguments)
{
    /// <summary>Sees every progress update in wire order.</summary>
    public IProgressObserver? Observer { get; init; }

    /// <summary>How long the call may stay silent: every progress update starts it anew. Zero is for ever; null is the connection's.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long the call may take at all; zero is for ever.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Answers what the tool asks while it runs; null where nobody can.</summary>
    public InputResponder? InputResponder { get; init; }

    /// <summary>
    /// Runs what follows the answer, for a caller whose thread waits for it: that spares a thread of the pool its waking.
    /// Not every transport asks.
    /// </summary>
    public Resumption? Resume { get; init; }

    /// <summary>The background work that the call carries, which publishes its own events; null for a call of its own.</summary>
    internal BackgroundTask? Background { get; init; }

    /// <summary>The parameters on the wire.</summary>
    internal JsonObject ToParameters(long progressToken) => new()
    {
        ["name"] = Tool,
        // A copy: a node has one parent, and a request may be sent more than once.
        ["arguments"] = Arguments.DeepClone(),
        ["_meta"] = new JsonObject { ["progressToken"] = progressToken },
    };
}

/// <summary>What a tool answered.</summary>
/// <param name="Raw">The result object as it came.</param>
/// <param name="ProgressCount">How many progress updates came before it.</param>
public sealed record ToolCallResult(JsonObject Raw, long ProgressCount)
{
    /// <summary>Whether the tool reports an error; its text is then in <see cref="Content"/>.</summary>
    public bool IsError => IsTrue(Raw.Member("isError"));

    /// <summary>In the <c>_meta</c> of a result: the structured result is a list that an object was put around.</summary>
    public const string WrappedMark = "mcpprogress/wrapped";

    /// <summary>
    /// Whether it has what makes it a result. Servers leave out the content where they have structured content, and the text
    /// of an error; what names a task or asks for input is more than a result.
    /// </summary>
    internal bool IsResult =>
        IsError || Raw.Member("content") is JsonArray || StructuredContent is not null || Raw.Member("task") is not null || Raw.Member("resultType").Text() is not (null or "complete");

    /// <summary>The structured result, if the tool gives one.</summary>
    public JsonNode? StructuredContent => Raw.Member("structuredContent");

    /// <summary>
    /// The structured result as the tool meant it: without the object that a server put around it only because the protocol
    /// wants one, where the server says that it did. FastMCP's servers say it, too, in words of their own.
    /// </summary>
    public JsonNode? UnwrappedContent => IsWrapped ? StructuredContent.Member("result") : StructuredContent;

    private bool IsWrapped =>
        IsTrue(Raw.Member("_meta").Member(WrappedMark))
        || IsTrue(Raw.Member("_meta").Member("fastmcp").Member("wrap_result"));

    /// <summary>The content blocks.</summary>
    public IEnumerable<JsonObject> Content => (Raw.Member("content") as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>All text blocks, one line each.</summary>
    public string Text => string.Join('\n', Content.Select(block => block.Member("text").Text()).OfType<string>());

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool said) && said;
}
