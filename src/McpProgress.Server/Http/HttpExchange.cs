namespace McpProgress.Server.Http;

/// <summary>
/// One HTTP request and its response, as a web server sees it. The endpoint speaks to this and to nothing else of HTTP,
/// so any web server can carry it.
/// </summary>
public abstract class HttpExchange
{
    private BodyReader? _body;

    /// <summary>The request's method, in upper case.</summary>
    public abstract string Method { get; }

    /// <summary>The path of the request, decoded, without the query.</summary>
    public abstract string Path { get; }

    /// <summary>The request's body.</summary>
    public abstract Stream RequestBody { get; }

    /// <summary>The response's body. The first byte written sends status and headers.</summary>
    public abstract Stream ResponseBody { get; }

    /// <summary>Cancelled when the client has gone, if the web server can tell.</summary>
    public abstract CancellationToken Aborted { get; }

    /// <summary>Whether <see cref="Aborted"/> tells; otherwise only writing to the client finds out that it has gone.</summary>
    public abstract bool TellsAborted { get; }

    /// <summary>Reads the body, and knows how far it was read.</summary>
    internal BodyReader Body => _body ??= new BodyReader(RequestBody);

    /// <summary>Ends the connection at once, whatever of the request is still to come.</summary>
    public abstract void Drop();

    /// <summary>A header of the request, its name in any case; null when it is missing.</summary>
    /// <param name="name">The header's name.</param>
    public abstract string? RequestHeader(string name);

    /// <summary>Sets the status code; before the first byte of the body.</summary>
    /// <param name="statusCode">The status code.</param>
    public abstract void SetStatus(int statusCode);

    /// <summary>Sets a header of the response; before the first byte of the body.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="value">Its value.</param>
    public abstract void SetHeader(string name, string value);
}
