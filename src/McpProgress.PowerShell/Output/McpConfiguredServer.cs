namespace McpProgress;

/// <summary>A server from an mcp.json file.</summary>
/// <param name="Name">The name to connect by.</param>
/// <param name="Transport"><c>Stdio</c> or <c>Http</c>; empty when the entry names neither.</param>
/// <param name="Target">The command or the address.</param>
/// <param name="Path">The file it comes from.</param>
public sealed record McpConfiguredServer(string Name, string? Transport, string? Target, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What came of testing a connection.</summary>
/// <param name="Name">The connection's name.</param>
/// <param name="IsAlive">Whether the server answered.</param>
/// <param name="Latency">How long it took; empty when it did not answer.</param>
/// <param name="Detail">Why it did not answer.</param>
public sealed record McpServerTest(string Name, bool IsAlive, TimeSpan? Latency, string? Detail);
