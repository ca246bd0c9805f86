using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.Server.Protocol;

/// <summary>A request as the tool protocol sees it: raw, because the SDK's types know neither kind of task nor MCPC.</summary>
internal sealed class IncomingRequest
{
    private readonly JsonRpcRequest _message;

    /// <summary>Wraps a request.</summary>
    public IncomingRequest(JsonRpcRequest message, McpServer server)
    {
        _message = message;
        Server = server;
        Stream = message.Context?.RelatedTransport as IRequestStream
            ?? throw new InvalidOperationException("Tools are served over this library's own transports only.");
        Version = message.Context?.ProtocolVersion ?? server.NegotiatedProtocolVersion;
        Parameters = message.Params as JsonObject ?? [];
    }

    /// <summary>The method.</summary>
    public string Method => _message.Method;

    /// <summary>The id.</summary>
    public RequestId Id => _message.Id;

    /// <summary>The parameters; empty for none.</summary>
    public JsonObject Parameters { get; }

    /// <summary>The SDK's server, bound to this request's stream: what is sent through it goes out there.</summary>
    public McpServer Server { get; }

    /// <summary>The stream the request is answered on.</summary>
    public IRequestStream Stream { get; }

    /// <summary>The session it belongs to.</summary>
    public ClientSession Session => Stream.Session;

    /// <summary>The protocol's revision; null before anything was agreed on.</summary>
    public string? Version { get; }

    /// <summary>Whether it is of revision 2026-07-28 or later.</summary>
    public bool IsModern => ProtocolVersions.IsModern(Version);

    /// <summary>Whether it is of revision 2025-11-25, the only one with tasks in its core.</summary>
    public bool HasTasks2025 => Version == ProtocolVersions.November2025;

    /// <summary>From which level on log messages are wanted: 2026-07-28 says it with each request, earlier revisions once for the session.</summary>
    public LoggingLevel? LeastLogLevel => IsModern ? _message.Context?.LogLevel : Server.LoggingLevel;

    /// <summary>What the client can do; null when it did not say.</summary>
    public ClientCapabilities? Client => IsModern ? _message.Context?.ClientCapabilities : Session.Server.ClientCapabilities;

    /// <summary>The progress token; null when no progress is wanted.</summary>
    public ProgressToken? ProgressToken => (Parameters["_meta"] as JsonObject)?["progressToken"] is not JsonValue token ? null
        : token.TryGetValue(out string? text) ? new ProgressToken(text)
        : token.TryGetValue(out long number) ? new ProgressToken(number)
        : null;

    /// <summary>Whether the client declared an extension with this request.</summary>
    public bool Declares(string extension) =>
        ((Parameters["_meta"] as JsonObject)?[MetaKeys.ClientCapabilities] as JsonObject)?["extensions"] is JsonObject extensions && extensions.ContainsKey(extension);

    /// <summary>A required text among the parameters.</summary>
    /// <exception cref="McpProtocolException">It is missing or no text.</exception>
    public string Text(string name) => TextOrNull(name) ?? throw Invalid($"{Method} needs the parameter '{name}', a string.");

    /// <summary>A text among the parameters, if it is there.</summary>
    public string? TextOrNull(string name) => Parameters[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Sends a message on the request's own stream.</summary>
    public Task SendAsync(JsonRpcMessage message, CancellationToken cancelled) => Server.SendMessageAsync(message, cancelled);

    /// <summary>Answers the request.</summary>
    public Task AnswerAsync(JsonObject result, CancellationToken cancelled)
    {
        // Required of every result since 2026-07-28, unknown before.
        if (IsModern)
        {
            result.TryAdd("resultType", "complete");
        }

        return SendAsync(new JsonRpcResponse { Id = Id, Result = result }, cancelled);
    }

    /// <summary>The error for parameters that make no sense.</summary>
    public static McpProtocolException Invalid(string message) => new(message, McpErrorCode.InvalidParams);

    /// <summary>The error for a method this revision does not have.</summary>
    public McpProtocolException NotFound(string? why = null) =>
        new($"The method '{Method}' is not available{(Version is null ? "" : $" in protocol version '{Version}'")}.{(why is null ? "" : " " + why)}", McpErrorCode.MethodNotFound);
}

/// <summary>Small helpers for raw JSON.</summary>
internal static class JsonObjectExtensions
{
    private const string HalfCharacter = "The arguments hold half a Unicode character (a lone surrogate).";

    /// <summary>The object itself, once its members' names are read: that is put off until somebody asks for one.</summary>
    /// <exception cref="McpProtocolException">One of them is no text: it holds half a character, escaped.</exception>
    public static JsonObject? WithNames(this JsonObject? json)
    {
        try
        {
            _ = json?.Count;
            return json;
        }
        catch (InvalidOperationException)
        {
            throw IncomingRequest.Invalid(HalfCharacter);
        }
    }

    /// <summary>The members as a tool's arguments.</summary>
    /// <exception cref="McpProtocolException">A text in one of them is none: it holds half a character, escaped.</exception>
    public static IDictionary<string, JsonElement>? ToElements(this JsonObject? json)
    {
        try
        {
            return json?.Deserialize<IDictionary<string, JsonElement>>(McpJsonUtilities.DefaultOptions);
        }
        catch (InvalidOperationException)
        {
            throw IncomingRequest.Invalid(HalfCharacter);
        }
    }
}
