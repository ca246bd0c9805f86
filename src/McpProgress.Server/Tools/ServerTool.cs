using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tools;

/// <summary>The body of a tool: from its arguments to its result, saying through the context how it goes.</summary>
/// <param name="arguments">What the caller gave.</param>
/// <param name="context">Progress, logging and cancellation.</param>
/// <returns>
/// The result; a <see cref="ToolException"/> becomes an error result with its message, a
/// <see cref="ModelContextProtocol.McpProtocolException"/> the JSON-RPC error it describes.
/// </returns>
public delegate ValueTask<ToolResult> ToolBody(ToolArguments arguments, ToolContext context);

/// <summary>What a tool asks for before it begins.</summary>
/// <param name="arguments">What the caller gave.</param>
/// <param name="context">Progress, logging, questions and cancellation.</param>
/// <returns>The arguments for the <see cref="ToolBody"/>; failures are those of the body.</returns>
public delegate ValueTask<ToolArguments> ToolPreparation(ToolArguments arguments, ToolContext context);

/// <summary>Whether a tool may be called as a task (<c>execution.taskSupport</c> of revision 2025-11-25).</summary>
public enum TaskSupport
{
    /// <summary>As the client likes.</summary>
    Optional,

    /// <summary>Only as a task.</summary>
    Required,

    /// <summary>Never as a task: it is not worth one.</summary>
    Forbidden,
}

/// <summary>A tool, written once and served in every way a client can call it.</summary>
public sealed class ServerTool
{
    /// <summary>The name it is called by, unique in its set.</summary>
    public required string Name { get; init; }

    /// <summary>The name people see.</summary>
    public string? Title { get; init; }

    /// <summary>What it does and when to use it.</summary>
    public string? Description { get; init; }

    /// <summary>The JSON schema (an object schema) of its arguments.</summary>
    public required JsonElement InputSchema { get; init; }

    /// <summary>The JSON schema of its <see cref="ToolResult.StructuredContent"/>; null if it returns none.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>Hints about what it changes.</summary>
    public ToolAnnotations? Annotations { get; init; }

    /// <summary>Whether it may or must run as a task of MCP. MCPC does not ask.</summary>
    public TaskSupport TaskSupport { get; init; }

    /// <summary>
    /// What it asks for before it begins: gets the arguments of the call and gives those <see cref="Body"/> gets. A call of
    /// 2026-07-28 becomes a task only afterwards, so that its first questions are those of a plain call (SEP-2663). Null for nothing.
    /// </summary>
    public ToolPreparation? Prepare { get; init; }

    /// <summary>What it does.</summary>
    public required ToolBody Body { get; init; }
}
