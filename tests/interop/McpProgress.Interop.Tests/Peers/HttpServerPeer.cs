using McpProgress.Core.Connections;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>A server of Node.js that serves over HTTP while the tests of one class run; not started where Node.js is missing.</summary>
/// <param name="script">The script, which takes <c>http</c> as its argument and prints its address.</param>
internal sealed class HttpServerPeer(string script)
{
    private PeerProcess? _process;
    private Uri? _url;

    /// <summary>Where it is.</summary>
    public HttpEndpoint Endpoint => new(_url!);

    /// <summary>Starts it.</summary>
    public async Task StartAsync()
    {
        if (Node.MissingReason is null)
        {
            _process = PeerProcess.Start(Node.Path, [script, "http"]);
            _url = await _process.AnnouncedUrlAsync();
        }
    }

    /// <summary>Ends it.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
