using System.Text.Json;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Configuration;

/// <summary>One server's entry in a configuration file, as written.</summary>
/// <param name="path">The file's full path.</param>
/// <param name="name">The server's name.</param>
/// <param name="entry">What stands under the name.</param>
internal sealed class ServerEntry(string path, string name, JsonElement entry)
{
    private const string Stdio = "Stdio";
    private const string Http = "Http";

    /// <summary>The server's name.</summary>
    public string Name => name;

    /// <summary>The file's full path.</summary>
    public string Path => path;

    /// <summary>The failure of this entry, naming file and server.</summary>
    public McpFailureException Invalid(string problem) =>
        new(ErrorIds.InvalidArgument, $"Server '{name}' in '{path}': {problem}");

    /// <summary>The entry as a listing shows it; never fails.</summary>
    public ListedServer ToListed(bool isShadowed)
    {
        var isObject = entry.ValueKind == JsonValueKind.Object;
        var command = isObject ? Text("command") : null;
        var url = isObject ? Text("url") : null;
        return new ListedServer(
            name,
            command is not null ? Stdio : url is not null ? Http : null,
            command ?? (url is null ? null : WithoutSecrets(url)),
            path,
            isShadowed);

        string? Text(string key) =>
            entry.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>The entry with its variables expanded.</summary>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>, naming file, server and what is wrong.</exception>
    public ConfiguredServer ToServer(VariableExpander variables)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("the entry must be an object with \"command\" or \"url\".");
        }

        return new ConfiguredServer(name, Transport() == Stdio ? ToStdio(variables) : ToHttp(variables), path);
    }

    private string Transport()
    {
        var type = OptionalText("type");
        var hasCommand = Has("command");
        var hasUrl = Has("url");
        // Spelled "streamable-http" in the registry's files and "streamableHttp" in Cline's. What is named "sse" is
        // connected to like any HTTP server: which of the two transports it speaks shows on the wire.
        return (type?.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant(), hasCommand, hasUrl) switch
        {
            ("stdio", true, _) or (null, true, false) => Stdio,
            ("http" or "sse" or "streamablehttp", _, true) or (null, false, true) => Http,
            ("stdio", false, _) => throw Invalid("the type \"stdio\" needs a \"command\"."),
            ("http" or "sse" or "streamablehttp", _, false) => throw Invalid($"the type \"{type}\" needs a \"url\"."),
            (null, true, true) => throw Invalid("it has both \"command\" and \"url\"; say which with \"type\": \"stdio\" or \"http\"."),
            (null, false, false) => throw Invalid("it has neither \"command\" nor \"url\"."),
            _ => throw Invalid($"the type \"{type}\" is not supported; use stdio, http, sse or streamable-http."),
        };
    }

    private StdioEndpoint ToStdio(VariableExpander variables)
    {
        if (Has("envFile"))
        {
            // Starting without the variables that the file would have set fails later and far less clearly.
            throw Invalid("\"envFile\" is not supported; set the variables under \"env\", for example as \"${env:NAME}\".");
        }

        var directory = OptionalText("cwd");
        return new StdioEndpoint(variables.Expand(RequiredText("command"), "command"), Arguments(variables))
        {
            Environment = Environment(variables),
            WorkingDirectory = directory is null ? null : FullPath(variables.Expand(directory, "cwd"), variables.WorkspaceFolder),
        };
    }

    private string FullPath(string directory, string workspace)
    {
        try
        {
            return System.IO.Path.GetFullPath(directory, workspace);
        }
        catch (ArgumentException)
        {
            // What no path may hold differs from system to system; a null character is refused by all.
            throw Invalid("\"cwd\" is no path of a folder.");
        }
    }

    private HttpEndpoint ToHttp(VariableExpander variables)
    {
        var written = RequiredText("url");
        if (!Uri.TryCreate(variables.Expand(written, "url"), UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            throw Invalid($"\"url\" must be an absolute http or https address, not \"{WithoutSecrets(written)}\".");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        Secret? token = null;
        foreach (var (key, value) in Texts("headers"))
        {
            if (value is null)
            {
                throw Invalid($"the header \"{key}\" must have a text.");
            }

            var expanded = variables.Expand(value, $"headers.{key}").Trim();
            if (HttpEndpoint.ProblemOf(key, expanded) is { } problem)
            {
                throw Invalid($"the header \"{key}\" {problem}");
            }

            if (key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
                && expanded.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            {
                token = new Secret(expanded["Bearer ".Length..].TrimStart());
            }
            else
            {
                headers[key] = expanded;
            }
        }

        return new HttpEndpoint(uri) { Headers = headers, Token = token };
    }

    private List<string> Arguments(VariableExpander variables)
    {
        if (!Has("args"))
        {
            return [];
        }

        var written = entry.GetProperty("args");
        if (written.ValueKind != JsonValueKind.Array)
        {
            throw Invalid("\"args\" must be an array of texts.");
        }

        return [.. written.EnumerateArray().Select((value, index) =>
            variables.Expand(Scalar(value) ?? throw Invalid($"\"args[{index}]\" must be a text."), $"args[{index}]"))];
    }

    private Dictionary<string, string?> Environment(VariableExpander variables)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in Texts("env"))
        {
            environment[key] = value is null ? null : variables.Expand(value, $"env.{key}");
        }

        return environment;
    }

    private bool Has(string key) => entry.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    private string RequiredText(string key) =>
        OptionalText(key) is { } text && !string.IsNullOrWhiteSpace(text) ? text : throw Invalid($"\"{key}\" must not be empty.");

    private string? OptionalText(string key)
    {
        if (!Has(key))
        {
            return null;
        }

        var value = entry.GetProperty(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid($"\"{key}\" must be a text.");
    }

    /// <summary>An object of texts; numbers and truth values count as texts (<c>"PORT": 8080</c>), null stays null.</summary>
    private IEnumerable<(string Key, string? Value)> Texts(string key)
    {
        if (!Has(key))
        {
            yield break;
        }

        var values = entry.GetProperty(key);
        if (values.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"\"{key}\" must be an object of texts by name.");
        }

        foreach (var member in values.EnumerateObject())
        {
            yield return member.Value.ValueKind == JsonValueKind.Null
                ? (member.Name, null)
                : (member.Name, Scalar(member.Value) ?? throw Invalid($"\"{key}.{member.Name}\" must be a text."));
        }
    }

    private static string? Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    /// <summary>The URL without user, query and fragment, where keys are found in the field.</summary>
    private static string WithoutSecrets(string url)
    {
        var end = url.IndexOfAny(['?', '#']);
        var shown = end < 0 ? url : url[..end];
        var authority = shown.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0;
        var path = shown.IndexOf('/', authority);
        var user = shown.AsSpan(authority, (path < 0 ? shown.Length : path) - authority).LastIndexOf('@');
        return user < 0 ? shown : string.Concat(shown.AsSpan(0, authority), shown.AsSpan(authority + user + 1));
    }
}
