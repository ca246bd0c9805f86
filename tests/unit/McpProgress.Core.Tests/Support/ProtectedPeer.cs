using System.Collections.Concurrent;
using System.Collections.Specialized;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using McpProgress.Core.Authorization;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Support;

/// <summary>
/// An MCP server of revision 2026-07-28 that wants a token, and its authorization server, in one. It approves every user at
/// once. A tool named after a scope, such as <c>files:write</c>, wants a token with that scope.
/// </summary>
internal sealed class ProtectedPeer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _refreshTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _seen = new();
    private int _issued;

    public ProtectedPeer()
    {
        Origin = Start();
        Uri = new Uri(Origin, "/mcp");
        _ = AcceptAsync();
    }

    public Uri Origin { get; }

    public Uri Uri { get; }

    /// <summary>The methods and paths of all requests, such as <c>POST /token</c>.</summary>
    public string[] Seen => [.. _seen];

    /// <summary>The forms that came to the token endpoint, with the header that came along.</summary>
    public ConcurrentQueue<(NameValueCollection Form, string? Authorization)> TokenRequests { get; } = new();

    /// <summary>The queries of the authorization requests.</summary>
    public ConcurrentQueue<NameValueCollection> SignIns { get; } = new();

    /// <summary>What clients registered.</summary>
    public ConcurrentQueue<JsonNode> Registrations { get; } = new();

    /// <summary>How long an access token lasts, in seconds; null does not say.</summary>
    public int? Lifetime { get; set; } = 3600;

    /// <summary>Whether a refresh brings a refresh token.</summary>
    public bool Rotates { get; set; } = true;

    /// <summary>The body of a refusal of every token request; null refuses none.</summary>
    public string? Refusal { get; set; }

    /// <summary>Sends the user back with an error.</summary>
    public string? SignInError { get; set; }

    /// <summary>How clients may authenticate.</summary>
    public string[] AuthenticationMethods { get; set; } = ["client_secret_basic", "client_secret_post", "none"];

    /// <summary>The issuer its metadata name.</summary>
    public string? Issuer { get; set; }

    /// <summary>What its description says it is for.</summary>
    public string? Resource { get; set; }

    /// <summary>Forgets all tokens: those who hold one have to get another.</summary>
    public void Revoke(bool refreshTokens = false)
    {
        _tokens.Clear();
        if (refreshTokens)
        {
            _refreshTokens.Clear();
        }
    }

    /// <summary>A browser without a user: goes to the address and where it is sent.</summary>
    public static bool Browse(Uri address)
    {
        _ = Task.Run(async () =>
        {
            using var browser = new HttpClient();
            return await browser.GetStringAsync(address);
        });
        return true;
    }

    public void Dispose() => _listener.Close();

    private Uri Start()
    {
        // The port of a listener that was just closed may be taken before this one has it.
        for (int attempt = 1; ; attempt++)
        {
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            string origin = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            try
            {
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(origin);
                _listener.Start();
                return new Uri(origin);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Another port.
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = ServeAsync(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        HttpListenerRequest request = context.Request;
        _seen.Enqueue($"{request.HttpMethod} {request.Url!.AbsolutePath}");
        using var reader = new StreamReader(request.InputStream, Encoding.UTF8);
        string body = await reader.ReadToEndAsync();
        string issuer = Issuer ?? Origin.GetLeftPart(UriPartial.Authority);
        switch (request.Url.AbsolutePath)
        {
            case "/.well-known/oauth-protected-resource/mcp":
                await AnswerAsync(context, 200, new JsonObject
                {
                    ["resource"] = Resource ?? Uri.AbsoluteUri,
                    ["authorization_servers"] = new JsonArray(Origin.GetLeftPart(UriPartial.Authority)),
                    ["scopes_supported"] = new JsonArray("files:read"),
                });
                break;

            case "/.well-known/oauth-authorization-server":
                await AnswerAsync(context, 200, new JsonObject
                {
                    ["issuer"] = issuer,
                    ["authorization_endpoint"] = new Uri(Origin, "/authorize").AbsoluteUri,
                    ["token_endpoint"] = new Uri(Origin, "/token").AbsoluteUri,
                    ["registration_endpoint"] = new Uri(Origin, "/register").AbsoluteUri,
                    ["token_endpoint_auth_methods_supported"] = new JsonArray([.. AuthenticationMethods.Select(method => (JsonNode)method)]),
                    ["code_challenge_methods_supported"] = new JsonArray("S256"),
                    ["client_id_metadata_document_supported"] = true,
                });
                break;

            case "/register":
                Registrations.Enqueue(JsonNode.Parse(body)!);
                await AnswerAsync(context, 201, new JsonObject { ["client_id"] = "registered", ["token_endpoint_auth_method"] = "none" });
                break;

            case "/authorize":
                NameValueCollection query = HttpUtility.ParseQueryString(request.Url.Query);
                SignIns.Enqueue(query);
                string result = SignInError is { } error ? $"error={error}" : $"code={Uri.EscapeDataString("code " + query["scope"])}";
                context.Response.Redirect($"{query["redirect_uri"]}?{result}&state={query["state"]}");
                context.Response.Close();
                break;

            case "/token":
                NameValueCollection form = HttpUtility.ParseQueryString(body);
                TokenRequests.Enqueue((form, request.Headers["Authorization"]));
                await AnswerTokenAsync(context, form);
                break;

            case "/mcp" when request.HttpMethod == "POST":
                await AnswerMcpAsync(context, JsonNode.Parse(body)!);
                break;

            default:
                await AnswerAsync(context, 404, new JsonObject());
                break;
        }
    }

    private async Task AnswerTokenAsync(HttpListenerContext context, NameValueCollection form)
    {
        string? scope = form["scope"] ?? form["code"]?["code ".Length..];
        if (form["grant_type"] == "refresh_token" && !_refreshTokens.TryRemove(form["refresh_token"] ?? "", out scope))
        {
            // Spent before, or never given.
            await AnswerAsync(context, 400, new JsonObject { ["error"] = "invalid_grant" });
            return;
        }

        if (Refusal is { } refusal)
        {
            await AnswerAsync(context, 400, JsonNode.Parse(refusal)!);
            return;
        }

        int number = Interlocked.Increment(ref _issued);
        _tokens[$"access-{number}"] = scope ?? "";
        var answer = new JsonObject { ["access_token"] = $"access-{number}", ["token_type"] = "Bearer" };
        if (Lifetime is { } lifetime)
        {
            answer["expires_in"] = lifetime;
        }

        if (form["grant_type"] == "authorization_code" || (form["grant_type"] == "refresh_token" && Rotates))
        {
            _refreshTokens[$"refresh-{number}"] = scope ?? "";
            answer["refresh_token"] = $"refresh-{number}";
        }
        else if (form["grant_type"] == "refresh_token")
        {
            _refreshTokens[form["refresh_token"]!] = scope ?? "";
        }

        await AnswerAsync(context, 200, answer);
    }

    private async Task AnswerMcpAsync(HttpListenerContext context, JsonNode message)
    {
        string description = new Uri(Origin, "/.well-known/oauth-protected-resource/mcp").AbsoluteUri;
        string? token = context.Request.Headers["Authorization"]?["Bearer ".Length..];
        if (token is null || !_tokens.TryGetValue(token, out string? scope))
        {
            context.Response.Headers["WWW-Authenticate"] = $"Bearer resource_metadata=\"{description}\"";
            await AnswerAsync(context, 401, new JsonObject());
            return;
        }

        string? tool = (string?)message["params"]?["name"];
        if (tool?.Contains(':', StringComparison.Ordinal) == true && !scope.Split(' ').Contains(tool))
        {
            context.Response.Headers["WWW-Authenticate"] = $"Bearer error=\"insufficient_scope\", scope=\"{tool}\", resource_metadata=\"{description}\"";
            await AnswerAsync(context, 403, new JsonObject());
            return;
        }

        JsonObject result = (string?)message["method"] switch
        {
            "server/discover" => new JsonObject { ["resultType"] = "complete", ["supportedVersions"] = new JsonArray("2026-07-28"), ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() } },
            "tools/call" => new JsonObject { ["resultType"] = "complete", ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = $"{tool} with {scope}" }) },
            _ => new JsonObject { ["resultType"] = "complete" },
        };
        await AnswerAsync(context, 200, new JsonObject { ["jsonrpc"] = "2.0", ["id"] = message["id"]?.DeepClone(), ["result"] = result });
    }

    private static async Task AnswerAsync(HttpListenerContext context, int status, JsonNode body)
    {
        byte[] content = Encoding.UTF8.GetBytes(body.ToJsonString());
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = content.Length;
        try
        {
            await context.Response.OutputStream.WriteAsync(content);
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client has gone.
        }
    }
}
