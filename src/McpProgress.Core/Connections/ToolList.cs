using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Connections;

/// <summary>The tools of a server, asked for once and kept while they hold.</summary>
/// <param name="sendAsync">Sends a request.</param>
/// <param name="accept">Says whether a tool can be called over this connection's transport.</param>
/// <param name="time">The clock of the list's time to live.</param>
[SuppressMessage("Design", "CA1001", Justification = "A disposed semaphore leaves whoever waits for it waiting for ever, and it holds nothing to dispose of.")]
internal sealed class ToolList(
    Func<string, JsonObject, CancellationToken, Task<JsonNode?>> sendAsync, Func<ToolDescriptor, bool> accept, TimeProvider time)
{
    /// <summary>A server that hands out more pages than this is turning in circles.</summary>
    private const int MostPages = 1000;

    private readonly SemaphoreSlim _asking = new(1, 1);
    private Known? _known;
    private long _version;

    /// <summary>Forgets the list: the server says that it changed.</summary>
    public void Invalidate()
    {
        Interlocked.Increment(ref _version);
        Volatile.Write(ref _known, null);
    }

    /// <summary>The list, asked for only where it is not known.</summary>
    public async Task<IReadOnlyList<ToolDescriptor>> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (!refresh && Current is { } known)
        {
            return known;
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!refresh && Current is { } meanwhile)
            {
                return meanwhile;
            }

            long version = Interlocked.Read(ref _version);
            Known read = await ReadAllAsync(cancellationToken).ConfigureAwait(false);
            if (version == Interlocked.Read(ref _version))
            {
                Volatile.Write(ref _known, read);
            }

            return read.Tools;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>The list where it is known; null where the server has to be asked.</summary>
    public IReadOnlyList<ToolDescriptor>? Current =>
        Volatile.Read(ref _known) is { } known && (known.Expires is not { } expires || time.GetUtcNow() < expires) ? known.Tools : null;

    private async Task<Known> ReadAllAsync(CancellationToken cancellationToken)
    {
        var tools = new List<ToolDescriptor>();
        DateTimeOffset? expires = null;
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            JsonObject parameters = cursor is null ? [] : new JsonObject { ["cursor"] = cursor };
            var result = await sendAsync("tools/list", parameters, cancellationToken).ConfigureAwait(false) as JsonObject;
            foreach (JsonNode? entry in result.Member("tools") as JsonArray ?? [])
            {
                if (ToolDescriptor.Read(entry) is { } tool && accept(tool))
                {
                    tools.Add(tool);
                }
            }

            if (result.Member("ttlMs") is JsonValue ttl && ttl.TryGetValue(out double milliseconds) && milliseconds is >= 0 and < int.MaxValue)
            {
                // The list is as fresh as its stalest page; 0 means stale at once (revision 2026-07-28, server/utilities/caching).
                DateTimeOffset pageExpires = time.GetUtcNow().AddMilliseconds(milliseconds);
                expires = expires < pageExpires ? expires : pageExpires;
            }

            cursor = result.Member("nextCursor").Text();
            if (string.IsNullOrEmpty(cursor))
            {
                return new Known(tools, expires);
            }
        }

        throw new McpFailureException(ErrorIds.ProtocolError, $"The server's list of tools did not end after {MostPages} pages.");
    }

    private sealed record Known(IReadOnlyList<ToolDescriptor> Tools, DateTimeOffset? Expires);
}
