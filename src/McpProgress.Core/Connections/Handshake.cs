using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Connections;

/// <summary>
/// Agrees with a server on the other end of a stream on a protocol revision, newest first (revision 2026-07-28,
/// basic/lifecycle; revision 2025-11-25, basic/lifecycle, initialization). The SDK can take over a session that was agreed on;
/// its own handshake needs the JSON metadata of all that a handshake may say, and to make that takes a new process longer than
/// a server takes to start.
/// </summary>
/// <param name="transport">To the server.</param>
/// <param name="client">Who we are.</param>
/// <param name="pinned">The only revision that will do; null for any.</param>
/// <param name="probeTimeout">How long a server that says nothing to <c>server/discover</c> is waited for before <c>initialize</c> is tried.</param>
/// <param name="time">The clock.</param>
internal sealed class Handshake(StdioTransport transport, Implementation client, string? pinned, TimeSpan probeTimeout, TimeProvider time)
{
    /// <summary>The first revision without a handshake: what that says once is said with every request.</summary>
    public const string FirstStateless = "2026-07-28";

    private static readonly string[] WithInitialize = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>Agrees on a revision.</summary>
    /// <returns>The revision.</returns>
    /// <exception cref="McpException">There is none that both sides speak, or the server refuses the handshake.</exception>
    public async Task<string> AgreeAsync(CancellationToken cancellationToken)
    {
        if (pinned is not null && WithInitialize.Contains(pinned))
        {
            return await InitializeAsync(pinned, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<string>? supported = await DiscoverAsync(mayRepeat: true, cancellationToken).ConfigureAwait(false);
        if (pinned is null or FirstStateless && supported?.Contains(FirstStateless) == true)
        {
            return FirstStateless;
        }

        return pinned is null
            ? await InitializeAsync(WithInitialize.FirstOrDefault(known => supported?.Contains(known) == true) ?? WithInitialize[0], cancellationToken).ConfigureAwait(false)
            : throw new McpException($"The server does not support revision {pinned}.");
    }

    // What the SDK says for the handlers that the session gets (ServerConnection.Opening).
    private static JsonObject Capabilities() => new() { ["elicitation"] = new JsonObject { ["form"] = new JsonObject() } };

    private JsonObject Introduction() => new() { ["name"] = client.Name, ["version"] = client.Version };

    /// <summary>What the server supports, as it says; null where it does not know the question.</summary>
    private async Task<IReadOnlyList<string>?> DiscoverAsync(bool mayRepeat, CancellationToken cancellationToken)
    {
        JsonRpcMessageWithId answer;
        using var probe = new CancellationTokenSource(probeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(probe.Token, cancellationToken);
        try
        {
            answer = await AskAsync(RequestMethods.ServerDiscover, new JsonObject
            {
                ["_meta"] = new JsonObject
                {
                    [MetaKeys.ProtocolVersion] = FirstStateless,
                    [MetaKeys.ClientInfo] = Introduction(),
                    [MetaKeys.ClientCapabilities] = Capabilities(),
                },
            }, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (probe.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        switch (answer)
        {
            case JsonRpcResponse response:
                return TextsOf(response.Result.Member("supportedVersions"));

            case JsonRpcError { Error: { Code: (int)McpErrorCode.UnsupportedProtocolVersion } error }:
                IReadOnlyList<string> supported = error.Data is JsonElement { ValueKind: JsonValueKind.Object } data ? TextsOf(JsonObject.Create(data).Member("supported")) : [];
                return mayRepeat && supported.Contains(FirstStateless)
                    ? await DiscoverAsync(mayRepeat: false, cancellationToken).ConfigureAwait(false)
                    : supported;

            // It knows the revision and refuses what we say in it; initialize would not mend that.
            case JsonRpcError { Error.Code: (int)McpErrorCode.HeaderMismatch or (int)McpErrorCode.MissingRequiredClientCapability } refusal:
                throw PendingRequests.FailureOf(refusal);

            // Every other error is one of a server that expects initialize first.
            default:
                return null;
        }
    }

    private async Task<string> InitializeAsync(string revision, CancellationToken cancellationToken)
    {
        JsonRpcMessageWithId answer = await AskAsync(RequestMethods.Initialize, new JsonObject
        {
            ["protocolVersion"] = revision,
            ["capabilities"] = Capabilities(),
            ["clientInfo"] = Introduction(),
        }, cancellationToken).ConfigureAwait(false);
        string? agreed = PendingRequests.ResultOf(answer).Result.Member("protocolVersion").Text();
        if (agreed is null || !(pinned is null ? WithInitialize.Contains(agreed) : agreed == pinned))
        {
            throw new McpException($"The server answered revision {revision} with {agreed ?? "none"}.");
        }

        await transport.SendMessageAsync(new JsonRpcNotification { Method = NotificationMethods.InitializedNotification, Params = new JsonObject() }, cancellationToken).ConfigureAwait(false);
        return agreed;
    }

    private Task<JsonRpcMessageWithId> AskAsync(string method, JsonObject parameters, CancellationToken cancellationToken) =>
        transport.AskAsync(new JsonRpcRequest { Id = transport.NextId(), Method = method, Params = parameters }, null, cancellationToken);

    private static IReadOnlyList<string> TextsOf(JsonNode? list) => list is JsonArray items ? [.. items.Select(item => item.Text()).OfType<string>()] : [];
}
