using System.Text.Json.Nodes;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <summary>A request as it is about to be sent.</summary>
internal sealed record WireRequest(string Method, JsonObject Parameters)
{
    /// <summary>The call whose progress keeps the request alive; null where none can come.</summary>
    public CallProgress? Progress { get; init; }

    /// <summary>How long it may stay silent; null is the connection's.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long it may take at all; zero is for ever.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>The value of the header <c>Mcp-Name</c> where the SDK does not know it, such as a task's id.</summary>
    public string? RoutingName { get; init; }

    /// <summary>Runs what follows the answer; null is the pool. Only over stdio, before revision 2026-07-28.</summary>
    public Resumption? Resume { get; init; }

    /// <summary>The request on the wire.</summary>
    /// <param name="id">Its id, unless its call has one; null leaves it to the SDK.</param>
    public JsonRpcRequest ToJsonRpc(RequestId? id)
    {
        var request = new JsonRpcRequest { Id = Progress is null ? id ?? default : new RequestId(Progress.Token), Method = Method, Params = Parameters };
        if (RoutingName is not null)
        {
#pragma warning disable MCPEXP002 // The only way to name a task in the header; experimental in the SDK, required by the revision.
            request.Context = new JsonRpcMessageContext { RoutingName = RoutingName };
#pragma warning restore MCPEXP002
        }

        return request;
    }

    /// <summary>What it is, at the start of a sentence.</summary>
    public string Describe() => Method == "tools/call" ? $"The call of '{Parameters["name"]}'" : $"The request '{Method}'";
}
