namespace McpProgress.Interop.Tests.Peers;

/// <summary>Our server over HTTP, for clients that are given an address.</summary>
public sealed class OurServer : IAsyncLifetime
{
    /// <summary>
    /// Shorter delays, which are made for people to watch, but not so short that all of a call arrives in one piece at a client
    /// on a busy machine; and every update sent, however close to the one before.
    /// </summary>
    private static readonly string[] s_options = ["--speed", "2", "--progress-rate", "0"];

    private PeerProcess? _process;

    /// <summary>How a client starts it over stdio.</summary>
    public static string[] StdioCommand { get; } = [Layout.Server, "stdio", .. s_options];

    /// <summary>The MCP endpoint.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The first line the server logs with that text in it.</summary>
    public Task<string> LineWithAsync(string text) => _process!.LineWithAsync(text);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (Node.MissingReason is null)
        {
            // It ends with the test run, however that ends.
            _process = PeerProcess.Start(Layout.Server, ["http", .. s_options, "--exit-with-stdin"]);
            Url = await _process.AnnouncedUrlAsync();
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
