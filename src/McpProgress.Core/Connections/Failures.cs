using System.Globalization;
using System.Net;
using System.Security.Authentication;
using ModelContextProtocol;

namespace McpProgress.Core.Connections;

/// <summary>Turns what went wrong below into a failure with a stable id that says what to do next.</summary>
internal static class Failures
{
    /// <summary>A connection that did not come about.</summary>
    public static McpFailureException Connecting(string target, Exception exception) => exception switch
    {
        _ when Inner(exception) is { } failure => failure,
        HttpRequestException http => new McpFailureException(ErrorIds.ConnectionFailed, $"{target} could not be reached. {Explain(http)}", http),
        McpProtocolException protocol => new McpFailureException(
            ErrorIds.ConnectionFailed,
            $"{target} refused the handshake: {protocol.Message} (JSON-RPC error {(int)protocol.ErrorCode}). Check that it is an MCP server of revision 2025-11-25 or 2026-07-28.",
            protocol),
        _ => new McpFailureException(
            ErrorIds.ConnectionFailed,
            $"{target} did not complete the MCP handshake: {exception.Message} Check that the command or address is an MCP server.",
            exception),
    };

    /// <summary>The SDK found no way to a token that the specification allows, and said why.</summary>
    public static McpFailureException Authorizing(string errorId, string target, Exception exception) =>
        new(errorId, $"{target} wants a token, and none could be had: {exception.Message}", exception);

    /// <summary>A request that failed while the connection stands.</summary>
    public static McpFailureException Requesting(string target, Exception exception) => exception switch
    {
        _ when Inner(exception) is { ErrorId: ErrorIds.ConnectionFailed } refused => new McpFailureException(ErrorIds.ProtocolError, refused.Message, refused),
        _ when Inner(exception) is { } failure => failure,
        McpProtocolException protocol => new McpFailureException(
            ErrorIds.ProtocolError,
            $"{target} answered with an error: {protocol.Message} (JSON-RPC error {((int)protocol.ErrorCode).ToString(CultureInfo.InvariantCulture)}).",
            protocol),
        HttpRequestException { StatusCode: HttpStatusCode.NotFound } or HttpRequestException { StatusCode: null } => new McpFailureException(
            ErrorIds.ConnectionLost,
            $"The connection to {target} was lost. {Explain((HttpRequestException)exception)} Connect again with Connect-McpServer.",
            exception),
        HttpRequestException http => new McpFailureException(ErrorIds.ProtocolError, $"{target} refused the request. {Explain(http)}", http),
        _ => new McpFailureException(
            ErrorIds.ConnectionLost,
            $"The connection to {target} was lost: {exception.Message} Connect again with Connect-McpServer.",
            exception),
    };

    // What our own handlers throw comes back through the SDK, which may have put something around it.
    private static McpFailureException? Inner(Exception? exception)
    {
        while (exception is not (null or McpFailureException))
        {
            exception = exception.InnerException;
        }

        return exception as McpFailureException;
    }

    private static string Explain(HttpRequestException exception) => exception switch
    {
        { StatusCode: HttpStatusCode.Unauthorized } => "It wants credentials (401): give a bearer token with -Token, or sign in with -OAuth.",
        { StatusCode: HttpStatusCode.Forbidden } => "It refused the credentials (403): check what the token may do.",
        { StatusCode: HttpStatusCode.NotFound } => "There is nothing at that address (404): check the path, which is often /mcp; or the session has ended.",
        { StatusCode: { } status and >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest } => $"It leads elsewhere ({(int)status}) in a way that cannot be followed: give the address itself.",
        { StatusCode: { } status } => $"It answered {(int)status} ({status}): see the server's own log.",
        { InnerException: AuthenticationException tls } => $"The TLS handshake failed: {tls.Message} Check the certificate and the scheme (http or https).",
        _ => $"{exception.Message} Check that it is running, and the host and port.",
    };
}
