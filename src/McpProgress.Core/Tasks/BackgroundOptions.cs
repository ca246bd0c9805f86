using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Core.Tasks;

/// <summary>Work to be started in the background.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">Its arguments, in the shape its schema wants.</param>
public sealed record BackgroundRequest(ToolDescriptor Tool, JsonObject Arguments)
{
    /// <summary>The way to use; null chooses the best the server has for this tool.</summary>
    public BackgroundKind? Kind { get; init; }

    /// <summary>Answers questions; null leaves them to <see cref="BackgroundTask.Answer"/>.</summary>
    public InputResponder? InputResponder { get; init; }

    /// <summary>Sees every update of its progress; null for none.</summary>
    public IProgressObserver? Observer { get; init; }

    /// <summary>How long a call or MCPC task may stay silent; zero is for ever.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>How long it may take at all; zero is for ever.</summary>
    public TimeSpan Timeout { get; init; }
}
