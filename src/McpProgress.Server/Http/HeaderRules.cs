using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// What a POST's headers must say (2026-07-28, Streamable HTTP): the revision on both sides alike, the method, and for
/// some methods the name of what they are about, so that a gateway can route without reading the body.
/// </summary>
/// <param name="tools">The tools, whose schemas may ask for headers of their own.</param>
internal sealed class HeaderRules(ToolSet tools)
{
    public const string SessionId = "Mcp-Session-Id";
    public const string ProtocolVersion = "MCP-Protocol-Version";
    private const string Method = "Mcp-Method";
    private const string Name = "Mcp-Name";

    private readonly ParameterHeaders _parameters = new(tools);

    /// <summary>An error for a revision that is not served, listing those that are; null when it is served or not named.</summary>
    /// <param name="version">The revision.</param>
    /// <param name="isPerRequest">Whether the request says it in its body too: it can choose among the revisions without sessions only.</param>
    public static JsonRpcErrorDetail? CheckVersion(string? version, bool isPerRequest = false) =>
        string.IsNullOrEmpty(version) || ProtocolVersions.All.Contains(version) ? null : new JsonRpcErrorDetail
        {
            Code = (int)McpErrorCode.UnsupportedProtocolVersion,
            Message = $"Bad Request: protocol version '{version}' is not supported.",
            Data = new JsonObject
            {
                ["supported"] = new JsonArray([.. ProtocolVersions.All.Where(v => !isPerRequest || ProtocolVersions.IsModern(v)).Select(v => (JsonNode)v)]),
                ["requested"] = version,
            },
        };

    /// <summary>What is wrong between a message and its headers; null when nothing is.</summary>
    public JsonRpcErrorDetail? Check(HttpExchange exchange, JsonRpcMessage message)
    {
        var parameters = ParametersOf(message, out var method);
        if (method is null)
        {
            return null;
        }

        var header = exchange.RequestHeader(ProtocolVersion);
        var meta = parameters?["_meta"] as JsonObject;
        var stated = TextOf(meta?[MetaKeys.ProtocolVersion]);
        if (CheckVersion(header, isPerRequest: stated is not null) is { } unsupported)
        {
            return unsupported;
        }

        if (!ProtocolVersions.IsModern(header) && !ProtocolVersions.IsModern(stated))
        {
            return null;
        }

        // Notifications need no _meta: nobody could be told that it is missing.
        var isRequest = message is JsonRpcRequest;
        return header is null or "" ? Mismatch($"the {ProtocolVersion} header is required with protocol version '{stated}'.")
            : stated is null && isRequest ? Missing(header, MetaKeys.ProtocolVersion)
            : stated is not null && stated != header ? Mismatch($"the {ProtocolVersion} header says '{header}', the body '{stated}'.")
            : CheckMethod(exchange, method)
                ?? CheckName(exchange, method, parameters)
                ?? (method == RequestMethods.ToolsCall && _parameters.Check(exchange, parameters) is { } reason ? Mismatch(reason) : null)
                ?? (isRequest && meta?[MetaKeys.ClientCapabilities] is not JsonObject ? Missing(header, MetaKeys.ClientCapabilities) : null);
    }

    private static JsonRpcErrorDetail? CheckMethod(HttpExchange exchange, string method) =>
        exchange.RequestHeader(Method)?.Trim() switch
        {
            null => Mismatch($"the {Method} header is missing."),
            var given when given != method => Mismatch($"the {Method} header says '{given}', the body '{method}'."),
            _ => null,
        };

    private static JsonRpcErrorDetail? CheckName(HttpExchange exchange, string method, JsonObject? parameters)
    {
        if (NameParameter(method) is not { } parameter)
        {
            return null;
        }

        if (exchange.RequestHeader(Name)?.Trim() is not { } given)
        {
            return Mismatch($"the {Name} header is missing.");
        }

        if (Decode(given) is not { } decoded)
        {
            return Mismatch($"the {Name} header is not validly encoded.");
        }

        var stated = TextOf(parameters?[parameter]);
        return decoded == stated ? null : Mismatch($"the {Name} header says '{decoded}', the body '{stated}'.");
    }

    /// <summary>The value of a header, decoded; null when it is none: what is beyond visible ASCII must come as <c>=?base64?…?=</c>.</summary>
    public static string? Decode(string value) =>
        value.All(c => c is '\t' or (>= ' ' and <= '~')) ? McpHeaderEncoder.DecodeValue(value) : null;

    private static string? NameParameter(string method) => method switch
    {
        RequestMethods.ToolsCall or RequestMethods.PromptsGet => "name",
        RequestMethods.ResourcesRead => "uri",
        "tasks/get" or "tasks/update" or "tasks/cancel" => "taskId",
        _ => null,
    };

    private static JsonObject? ParametersOf(JsonRpcMessage message, out string? method)
    {
        (method, var parameters) = message switch
        {
            JsonRpcRequest request => (request.Method, request.Params),
            JsonRpcNotification notification => (notification.Method, notification.Params),
            _ => ((string?)null, null),
        };
        return parameters as JsonObject;
    }

    private static string? TextOf(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static JsonRpcErrorDetail Mismatch(string what) =>
        new() { Code = (int)McpErrorCode.HeaderMismatch, Message = $"Header mismatch: {what}" };

    private static JsonRpcErrorDetail Missing(string version, string key) => new()
    {
        Code = (int)McpErrorCode.InvalidParams,
        Message = $"Requests of protocol version '{version}' must carry '_meta/{key}'.",
    };
}
