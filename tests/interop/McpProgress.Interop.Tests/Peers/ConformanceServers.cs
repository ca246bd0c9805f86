namespace McpProgress.Interop.Tests.Peers;

/// <summary>Our server with what the conformance suite asks for, on both web servers that carry it.</summary>
public sealed class ConformanceServers : IAsyncLifetime
{
    private readonly Dictionary<string, PeerProcess> _processes = [];
    private readonly Dictionary<string, Uri> _urls = [];

    /// <summary>The endpoint on a web server: <c>kestrel</c> or <c>listener</c>.</summary>
    public Uri Url(string host) => _urls[host];

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (Node.MissingReason is not null)
        {
            return;
        }

        foreach (string host in new[] { "kestrel", "listener" })
        {
            // It ends with the test run, however that ends.
            _processes[host] = PeerProcess.Start(Layout.ConformanceServer, [host]);
            _urls[host] = await _processes[host].AnnouncedUrlAsync();
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (PeerProcess process in _processes.Values)
        {
            await process.DisposeAsync();
        }
    }
}
