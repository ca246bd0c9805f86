using System.Management.Automation;
using McpProgress.Core.Connections;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;
using McpProgress.PowerShell.Conversion;

namespace McpProgress;

/// <summary>A connection to an MCP server.</summary>
public sealed class McpConnection
{
    // Made when they are looked at, which most scripts never do.
    private McpServerInfo? _server;
    private PSObject? _capabilities;

    internal McpConnection(ServerConnection core)
    {
        Core = core;
        Statistics = new McpStatistics(core.Statistics);
    }

    /// <summary>The name to use with <c>-Server</c>.</summary>
    public string Name => Core.Name;

    /// <summary><c>Stdio</c> or <c>Http</c>.</summary>
    public string Transport => Core.Endpoint is HttpEndpoint ? "Http" : "Stdio";

    /// <summary>The command or the address behind it.</summary>
    public string Target => Core.Endpoint switch
    {
        HttpEndpoint http => http.Uri.ToString(),
        StdioEndpoint stdio => string.Join(' ', stdio.Arguments.Prepend(stdio.Command)),
        _ => "",
    };

    /// <summary>What the server says of itself.</summary>
    public McpServerInfo Server => _server ??= new McpServerInfo(TerminalText.Clean(Core.ServerName), TerminalText.Clean(Core.ServerVersion));

    /// <summary>The protocol revision both sides agreed on.</summary>
    public string ProtocolVersion => Core.ProtocolVersion;

    /// <summary>What the server can do.</summary>
    public PSObject Capabilities => _capabilities ??= JsonOutput.ToObject(Core.Capabilities) as PSObject ?? new PSObject();

    /// <summary><c>Connected</c>, <c>Lost</c> or <c>Closed</c>.</summary>
    public string Status => Core.Status.ToString();

    /// <summary>The process id of a stdio server.</summary>
    public int? ProcessId => Core.ProcessId;

    /// <summary>What has crossed the connection so far.</summary>
    public McpStatistics Statistics { get; }

    /// <summary>What the server says of its use.</summary>
    public string Instructions => TerminalText.Clean(Core.Instructions, keepLines: true);

    internal ServerConnection Core { get; }

    internal bool IsOpen => Core.Status == ConnectionStatus.Connected;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A server's own name and version.</summary>
/// <param name="Name">Its name; empty when it does not say.</param>
/// <param name="Version">Its version; empty when it does not say.</param>
public sealed record McpServerInfo(string? Name, string? Version)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Version}".Trim();
}

/// <summary>What has crossed a connection; every property is read live.</summary>
public sealed class McpStatistics
{
    private readonly TransportStatistics _counters;

    internal McpStatistics(TransportStatistics counters) => _counters = counters;

    /// <summary>Messages received.</summary>
    public long MessagesIn => _counters.MessagesIn;

    /// <summary>Messages sent.</summary>
    public long MessagesOut => _counters.MessagesOut;

    /// <summary>Bytes received.</summary>
    public long BytesIn => _counters.BytesIn;

    /// <summary>Bytes sent.</summary>
    public long BytesOut => _counters.BytesOut;

    /// <summary>Progress updates applied to a call.</summary>
    public long ProgressReceived => _counters.ProgressReceived;

    /// <summary>Progress updates that came after their call had ended.</summary>
    public long ProgressLate => _counters.ProgressLate;

    /// <summary>Progress updates with an unknown token or no finite number.</summary>
    public long ProgressInvalid => _counters.ProgressInvalid;

    /// <summary>Lines that were no message, or too long.</summary>
    public long UnreadableLines => _counters.UnreadableLines;

    /// <inheritdoc/>
    public override string ToString() => $"in {MessagesIn}, out {MessagesOut}, progress {ProgressReceived}";
}
