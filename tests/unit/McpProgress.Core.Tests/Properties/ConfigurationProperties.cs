using System.Text;
using System.Text.Json;
using McpProgress.Core.Configuration;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Configuration;

namespace McpProgress.Core.Tests.Properties;

/// <summary>Configuration files, read by the product and by a plain reading with System.Text.Json.</summary>
public sealed class ConfigurationProperties
{
    private static readonly JsonDocumentOptions Relaxed = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly Dictionary<string, string> Variables = new() { ["SET"] = "value", ["EMPTY"] = "" };

    [Fact]
    public void A_file_is_listed_and_found_as_a_document_says_or_refused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "mcp.json");
        var configuration = new McpConfiguration(new UserPlaces(folder.Path, folder.Path, name => Variables.GetValueOrDefault(name)));
        ForAll.Inputs(inputs =>
        {
            string text = inputs.Spoil(FileOf(inputs));
            File.WriteAllText(path, text);
            Dictionary<string, JsonElement>? expected = Reference(text);

            ConfigurationListing listing = configuration.List(folder.Path, path);

            Assert.Equal(expected is null, listing.Problems.Count > 0);
            Assert.All(listing.Problems, problem => Assert.Equal(ErrorIds.InvalidArgument, problem.ErrorId));
            Assert.Equal(expected?.Keys ?? Enumerable.Empty<string>(), listing.Servers.Select(server => server.Name));
            foreach ((string name, JsonElement entry) in expected ?? [])
            {
                Check(configuration, folder.Path, path, name, entry);
            }
        }, ordinarily: 5_000);
    }

    private static void Check(McpConfiguration configuration, string folder, string path, string name, JsonElement entry)
    {
        if (name.Length == 0)
        {
            return;
        }

        ConfiguredServer server;
        try
        {
            server = configuration.Find(name, folder, path);
        }
        catch (McpFailureException failure)
        {
            Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
            Assert.False(IsPlain(entry), $"{entry} was refused: {failure.Message}");
            return;
        }

        Assert.Equal(name, server.Name);
        switch (server.Endpoint)
        {
            case StdioEndpoint stdio:
                Assert.Equal(Expanded(entry.GetProperty("command").GetString()!, folder), stdio.Command);
                Assert.Equal(
                    Has(entry, "args", out JsonElement args) ? args.EnumerateArray().Select(value => Expanded(Scalar(value), folder)) : [],
                    stdio.Arguments);
                Assert.Equal(
                    Has(entry, "env", out JsonElement env) ? env.EnumerateObject().Select(member => member.Name).Distinct().Order(StringComparer.Ordinal) : [],
                    stdio.Environment.Keys.Order(StringComparer.Ordinal));
                break;
            case HttpEndpoint http:
                Assert.Equal(new Uri(Expanded(entry.GetProperty("url").GetString()!, folder)), http.Uri);
                Assert.DoesNotContain(http.Headers, header => header.Value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));
                break;
        }
    }

    private static string FileOf(Inputs inputs) => inputs.Members(
        (inputs.Pick("\"mcpServers\"", "\"servers\""), inputs.Chance(20) ? inputs.Value() : inputs.Members([.. inputs.Many(() => (inputs.Text(), EntryOf(inputs)))])),
        (inputs.Chance(4) ? "\"servers\"" : "\"inputs\"", inputs.Value()));

    private static string EntryOf(Inputs inputs)
    {
        List<(string, string)> members = inputs.Chance(2)
            ? [("\"command\"", Setting(inputs)), ("\"args\"", $"[{string.Join(',', inputs.Many(() => Setting(inputs)))}]"), ("\"env\"", inputs.Members([.. inputs.Many(() => (inputs.Text(), Setting(inputs)))]))]
            : [("\"url\"", inputs.Chance(4) ? Setting(inputs) : inputs.Pick("\"http://localhost:1/mcp\"", "\"https://u:p@h/${SET}?k=1#f\"", "\"/mcp\"", "\"//h\"", "\"@\"", "\"x://@\"")), ("\"headers\"", inputs.Members(("\"Authorization\"", inputs.Pick("\"Bearer x\"", "\"Basic y\"", Setting(inputs))), (inputs.Text(), Setting(inputs))))];
        if (inputs.Chance(3))
        {
            members.Add((inputs.Pick("\"type\"", "\"cwd\"", "\"envFile\"", "\"url\"", "\"command\""), inputs.Chance(2) ? Setting(inputs) : inputs.Pick("\"stdio\"", "\"http\"", "\"sse\"", "\"streamable-http\"", "\"..\"")));
        }

        return inputs.Chance(20) ? inputs.Value() : inputs.Members([.. members]);
    }

    private static string Setting(Inputs inputs) => inputs.Random.Next(6) switch
    {
        0 => inputs.Value(),
        1 => inputs.Text(),
        2 => inputs.Pick("\"${env:SET}\"", "\"a${SET}b\"", "\"${UNSET:-d}\"", "\"${EMPTY:-d}\"", "\"${workspaceFolder}/x\"", "\"${userHome}\"", "\"${/}\""),
        3 => inputs.Pick("\"${UNSET}\"", "\"${input:x}\"", "\"${env:}\"", "\"${\"", "\"${SET\"", "\"$SET\"", "\"${a b}\""),
        _ => "\"plain\"",
    };

    /// <summary>The servers by name, as the first of those spelled so says; null for a file that is none.</summary>
    private static Dictionary<string, JsonElement>? Reference(string text)
    {
        try
        {
            JsonElement root = JsonDocument.Parse(text, Relaxed).RootElement;
            if (root.ValueKind != JsonValueKind.Object || !AllText(root))
            {
                return null;
            }

            var servers = new Dictionary<string, JsonElement>();
            foreach (string key in (string[])["mcpServers", "servers"])
            {
                if (Has(root, key, out JsonElement named))
                {
                    if (named.ValueKind != JsonValueKind.Object)
                    {
                        return null;
                    }

                    foreach (JsonProperty server in named.EnumerateObject())
                    {
                        servers.TryAdd(server.Name, server.Value);
                    }
                }
            }

            return servers;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether an entry is one that nothing is wrong with.</summary>
    private static bool IsPlain(JsonElement entry) => entry.ValueKind == JsonValueKind.Object
        && entry.EnumerateObject().All(member => member.Name is "command" or "args")
        && Has(entry, "command", out JsonElement command) && command.ValueKind == JsonValueKind.String && command.GetString() == "plain"
        && (!Has(entry, "args", out JsonElement args) || (args.ValueKind == JsonValueKind.Array && args.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String && !value.GetString()!.Contains('$', StringComparison.Ordinal))));

    private static bool AllText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(member => member.Name is not null && AllText(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(AllText),
        JsonValueKind.String => element.GetString() is not null,
        _ => true,
    };

    private static bool Has(JsonElement owner, string name, out JsonElement value) => owner.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    /// <summary>Variables, one after the other; those that cannot be expanded are refused before this is asked.</summary>
    private static string Expanded(string text, string folder)
    {
        var expanded = new StringBuilder();
        int at = 0;
        while (text.IndexOf("${", at, StringComparison.Ordinal) is >= 0 and var start && text.IndexOf('}', start) is >= 0 and var end)
        {
            string? value = ValueOf(text[(start + 2)..end], folder);
            expanded.Append(text, at, start - at).Append(value ?? "${");
            at = value is null ? start + 2 : end + 1;
        }

        return expanded.Append(text, at, text.Length - at).ToString();
    }

    private static string? ValueOf(string variable, string folder)
    {
        if (variable.StartsWith("env:", StringComparison.Ordinal) && variable.Length > 4)
        {
            return Variables[variable[4..]];
        }

        int split = variable.IndexOf(":-", StringComparison.Ordinal);
        string name = split < 0 ? variable : variable[..split];
        return name switch
        {
            "workspaceFolder" or "userHome" => folder,
            "workspaceFolderBasename" => Path.GetFileName(folder),
            "pathSeparator" or "/" => Path.DirectorySeparatorChar.ToString(),
            _ when name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') => null,
            _ => split >= 0 && string.IsNullOrEmpty(Variables.GetValueOrDefault(name)) ? variable[(split + 2)..] : Variables[name],
        };
    }
}
