namespace McpProgress.Bench.Servers;

/// <summary>The messages of a client of 2025-11-25 that does no more than it must: what is measured is the server.</summary>
internal static class Requests
{
    public const string Echoed = "hello";

    public const string Initialize =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}""";

    public const string Initialized = """{"jsonrpc":"2.0","method":"notifications/initialized"}""";

    public const string Echo = $$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"{{Echoed}}"} } }""";

    /// <summary>A call of <c>flood</c> that asks for its progress.</summary>
    public static string Flood(int id, int count) =>
        $$"""{"jsonrpc":"2.0","id":{{id}},"method":"tools/call","params":{"name":"flood","arguments":{"count":{{count}} },"_meta":{"progressToken":{{id}} } } }""";
}
