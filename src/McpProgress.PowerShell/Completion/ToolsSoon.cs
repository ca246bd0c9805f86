using McpProgress.Core;
using McpProgress.Core.Connections;

namespace McpProgress.PowerShell.Completion;

/// <summary>A connection's tools for who cannot wait long: the line that is being typed, or bound.</summary>
internal static class ToolsSoon
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The tools, at once where they are known.</summary>
    /// <param name="connection">The connection.</param>
    /// <exception cref="McpFailureException">The server did not give them.</exception>
    /// <exception cref="OperationCanceledException">Nor did it in two seconds.</exception>
    public static IReadOnlyList<ToolDescriptor> Of(McpConnection connection)
    {
        if (connection.Core.KnownTools is { } known)
        {
            return known;
        }

        using var patience = new CancellationTokenSource(Patience);
        return Task.Run(() => connection.Core.GetToolsAsync(cancellationToken: patience.Token)).GetAwaiter().GetResult();
    }
}
