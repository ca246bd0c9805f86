using McpProgress.Core.Configuration;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Configuration;

public sealed class McpConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly McpConfiguration _configuration;
    private readonly string _project;

    public McpConfigurationTests()
    {
        var places = new UserPlaces(Under("home"), Under("settings"), name => _environment.GetValueOrDefault(name));
        _configuration = new McpConfiguration(places);
        _project = Under("project");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_file_that_has_the_name_wins()
    {
        string[] inOrder =
        [
            "project/.mcp.json", "project/mcp.json", "project/.vscode/mcp.json", "settings/mcpprogress/mcp.json", "home/.mcp.json",
        ];
        for (var i = inOrder.Length - 1; i >= 0; i--)
        {
            var path = _folder.Write(inOrder[i], $$"""{ "mcpServers": { "shared": { "command": "from-{{i}}" }, "only{{i}}": { "command": "x" } } }""");

            var found = _configuration.Find("shared", _project);

            Assert.Equal($"from-{i}", Assert.IsType<StdioEndpoint>(found.Endpoint).Command);
            Assert.Equal(path, found.SourcePath);
        }

        Assert.Equal(Under("home/.mcp.json"), _configuration.Find("only4", _project).SourcePath);
    }

    [Fact]
    public void Both_keys_comments_and_trailing_commas_are_read()
    {
        Write("""
            {
              // VS Code's file, with a byte order mark elsewhere
              "inputs": [],
              "servers": { "code": { "type": "stdio", "command": "code-server", }, },
              "mcpServers": { "claude": { "command": "claude-server", /* none */ "args": ["a b", "1", 2, true,], } },
            }
            """);

        Assert.Equal("code-server", Stdio("code").Command);
        Assert.Equal(["a b", "1", "2", "true"], Stdio("claude").Arguments);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error()
    {
        Write("\ufeff{ \"servers\": { \"a\": { \"command\": \"x\" } } }");
        Assert.Equal("x", Stdio("a").Command);
    }

    [Fact]
    public void Everything_of_a_stdio_entry_is_expanded()
    {
        _environment["TOKEN"] = "s3cret";
        _environment["EMPTY"] = "";
        Write("""
            { "mcpServers": { "a": {
              "command": "${userHome}/bin/${NAME:-server}",
              "args": ["--token=${env:TOKEN}", "${TOKEN}", "${EMPTY:-fallback}", "${env:EMPTY}", "${workspaceFolder}${/}x", "${workspaceFolderBasename}", "$HOME", "${not a variable}", "$${"],
              "env": { "A": "${env:TOKEN}", "PORT": 8080, "GONE": null },
              "cwd": "sub"
            } } }
            """);

        var server = Stdio("a");

        Assert.Equal(Under("home") + "/bin/server", server.Command);
        Assert.Equal(
            ["--token=s3cret", "s3cret", "fallback", "", Path.Combine(_project, "x"), "project", "$HOME", "${not a variable}", "$${"],
            server.Arguments);
        Assert.Equal(new Dictionary<string, string?> { ["A"] = "s3cret", ["PORT"] = "8080", ["GONE"] = null }, server.Environment);
        Assert.Equal(Path.Combine(_project, "sub"), server.WorkingDirectory);
    }

    [Fact]
    public void An_expanded_value_is_not_expanded_again()
    {
        _environment["A"] = "${env:B}";
        Write("""{ "servers": { "a": { "command": "${env:A}" } } }""");
        Assert.Equal("${env:B}", Stdio("a").Command);
    }

    [Theory]
    [InlineData("project/.vscode/mcp.json", "project")]
    [InlineData("project/.mcp.json", "project")]
    [InlineData("settings/mcpprogress/mcp.json", "project")]
    [InlineData("home/.mcp.json", "project")]
    [InlineData("elsewhere/.vscode/mcp.json", "elsewhere")]
    [InlineData("elsewhere/servers.json", "elsewhere")]
    public void The_workspace_is_the_folder_of_the_project(string file, string workspace)
    {
        var path = _folder.Write(file, """{ "servers": { "a": { "command": "${workspaceFolder}" } } }""");

        var found = _configuration.Find("a", _project, path.Contains("elsewhere", StringComparison.Ordinal) ? path : null);

        Assert.Equal(Under(workspace), Assert.IsType<StdioEndpoint>(found.Endpoint).Command);
    }

    [Theory]
    [InlineData("\"command\": \"${env:MISSING}\"", "command")]
    [InlineData("\"command\": \"x\", \"args\": [\"a\", \"${MISSING}\"]", "args[1]")]
    [InlineData("\"command\": \"x\", \"env\": { \"K\": \"${env:MISSING}\" }", "env.K")]
    [InlineData("\"url\": \"http://h/${env:MISSING}\"", "url")]
    [InlineData("\"url\": \"http://h/\", \"headers\": { \"X-Key\": \"${env:MISSING}\" }", "headers.X-Key")]
    public void A_variable_that_is_not_set_is_named_with_file_server_and_setting(string members, string setting)
    {
        var path = Write($$"""{ "servers": { "srv": { {{members}} }, "fine": { "command": "x" } } }""");

        var failure = InvalidArgument(() => Find("srv"));

        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("'srv'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'MISSING'", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{setting}\"", failure.Message, StringComparison.Ordinal);
        Assert.Equal("x", Stdio("fine").Command);
    }

    [Fact]
    public void An_http_entry_keeps_its_bearer_token_out_of_sight()
    {
        _environment["KEY"] = "s3cret";
        Write("""
            { "mcpServers": { "h": {
              "type": "http", "url": "https://example.com/mcp",
              "headers": { "authorization": "Bearer ${env:KEY}", "X-Team": "blue" } } } }
            """);

        var found = Find("h");
        var endpoint = Assert.IsType<HttpEndpoint>(found.Endpoint);

        Assert.Equal(new Uri("https://example.com/mcp"), endpoint.Uri);
        Assert.Equal(new Dictionary<string, string> { ["X-Team"] = "blue" }, endpoint.Headers);
        Assert.Equal("s3cret", endpoint.Token?.Reveal());
        Assert.DoesNotContain("s3cret", found.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", endpoint.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_authorization_stays_a_header()
    {
        Write("""{ "servers": { "h": { "url": "http://h/", "headers": { "Authorization": "Basic eDp5" } } } }""");

        var endpoint = Assert.IsType<HttpEndpoint>(Find("h").Endpoint);

        Assert.Equal("Basic eDp5", endpoint.Headers["authorization"]);
        Assert.Null(endpoint.Token);
    }

    [Theory]
    [InlineData("sse")]
    [InlineData("HTTP")]
    [InlineData("streamable-http")]
    [InlineData("streamableHttp")]
    public void Every_http_type_is_one_endpoint(string type)
    {
        Write($$"""{ "servers": { "h": { "type": "{{type}}", "url": "http://127.0.0.1:1/mcp" } } }""");
        Assert.IsType<HttpEndpoint>(Find("h").Endpoint);
    }

    [Theory]
    [InlineData("\"type\": \"ws\", \"url\": \"ws://h\"", "\"ws\" is not supported")]
    [InlineData("\"type\": \"stdio\", \"url\": \"http://h\"", "needs a \"command\"")]
    [InlineData("\"type\": \"http\", \"command\": \"x\"", "needs a \"url\"")]
    [InlineData("\"command\": \"x\", \"url\": \"http://h\"", "both")]
    [InlineData("\"note\": 1", "neither")]
    [InlineData("\"type\": 5, \"command\": \"x\"", "\"type\" must be a text")]
    [InlineData("\"command\": \" \"", "\"command\" must not be empty")]
    [InlineData("\"command\": [\"x\"]", "\"command\" must be a text")]
    [InlineData("\"command\": \"x\", \"args\": \"y\"", "\"args\" must be an array")]
    [InlineData("\"command\": \"x\", \"args\": [[]]", "\"args[0]\" must be a text")]
    [InlineData("\"command\": \"x\", \"env\": []", "\"env\" must be an object")]
    [InlineData("\"command\": \"x\", \"env\": { \"A\": {} }", "\"env.A\" must be a text")]
    [InlineData("\"command\": \"x\", \"envFile\": \".env\"", "\"envFile\" is not supported")]
    [InlineData("\"command\": \"${input:key}\"", "only an editor can fill in")]
    [InlineData("\"url\": \"example.com/mcp\"", "absolute http or https")]
    [InlineData("\"url\": \"file:///etc\"", "absolute http or https")]
    [InlineData("\"url\": \"/mcp\"", "absolute http or https")]
    [InlineData("\"url\": \"@\"", "absolute http or https")]
    [InlineData("\"command\": \"x\", \"cwd\": \"\\u0000\"", "\"cwd\" is no path")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"A\": null }", "\"A\" must have a text")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"A B\": \"c\" }", "\"A B\" cannot be sent: its name")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"\": \"c\" }", "\"\" cannot be sent: its name")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"A\": \"b\\r\\nX: 1\" }", "\"A\" cannot be sent: its value")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"A\": \"b\\u0000\" }", "\"A\" cannot be sent: its value")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"A\": \"gr\u00fcn\" }", "\"A\" cannot be sent: its value")]
    [InlineData("\"url\": \"http://h\", \"headers\": { \"Authorization\": \"Bearer b\\nX: 1\" }", "\"Authorization\" cannot be sent: its value")]
    public void An_entry_that_cannot_be_used_says_why(string members, string reason)
    {
        var path = Write($$"""{ "servers": { "srv": { {{members}} } } }""");

        var failure = InvalidArgument(() => Find("srv"));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains($"Server 'srv' in '{path}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invalid_url_is_shown_without_its_secrets()
    {
        Write("""{ "servers": { "srv": { "url": "ftp://user:s3cret@host/x?key=s3cret#s3cret" } } }""");
        Assert.Contains("\"ftp://host/x\"", InvalidArgument(() => Find("srv")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"servers\": {\n    \"é\": oops\n  }\n}", 3, 10)]
    [InlineData("", 1, 1)]
    [InlineData("{ \"servers\": { } ", 1, 18)]
    public void A_file_that_does_not_parse_is_named_with_line_and_column(string text, int line, int column)
    {
        var path = Write(text);

        var failure = InvalidArgument(() => Find("any"));

        Assert.Contains($"'{path}' is not valid JSON: line {line}, column {column}:", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{ \"servers\": [] }")]
    [InlineData("{ \"servers\": { \"\\ud800\": 1 } }")]
    public void A_file_of_another_shape_is_named(string text) =>
        Assert.Contains(Write(text), InvalidArgument(() => Find("any")).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_name_gets_the_nearest_ones_and_the_files()
    {
        var path = Write("""{ "servers": { "weather": { "command": "x" }, "github": { "command": "x" } } }""");

        var failure = Assert.Throws<McpFailureException>(() => Find("wether"));

        Assert.Equal(ErrorIds.ServerNotFound, failure.ErrorId);
        Assert.Contains("Did you mean 'weather'?", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{path};", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{Under("home/.mcp.json")} (not there)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_ignore_case_and_an_exact_spelling_is_preferred()
    {
        Write("""{ "servers": { "GitHub": { "command": "a" }, "github": { "command": "b" } } }""");

        Assert.Equal("b", Stdio("github").Command);
        Assert.Equal("GitHub", Find("GITHUB").Name);
    }

    [Fact]
    public void An_explicit_file_is_the_only_one()
    {
        Write("""{ "servers": { "a": { "command": "project" } } }""");
        _folder.Write("project/other/my.json", """{ "servers": { "b": { "command": "other" } } }""");

        Assert.Equal("b", _configuration.Find("b", _project, "other/my.json").Name);
        Assert.Throws<McpFailureException>(() => _configuration.Find("a", _project, "other/my.json"));
        Assert.Contains("does not exist", InvalidArgument(() => _configuration.Find("a", _project, "no.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_listing_marks_shadowed_servers_and_shows_no_secret()
    {
        Write("""
            { "mcpServers": {
              "a": { "command": "${env:MISSING}", "args": ["s3cret"] },
              "h": { "url": "https://user:s3cret@host/mcp?key=s3cret" },
              "odd": 5 } }
            """);
        _folder.Write("home/.mcp.json", """{ "servers": { "A": { "command": "x" }, "c": { "command": "y" } } }""");

        var listing = _configuration.List(_project);

        Assert.Empty(listing.Problems);
        Assert.Equal(
            [
                ("a", "Stdio", "${env:MISSING}", false),
                ("h", "Http", "https://host/mcp", false),
                ("odd", null, null, false),
                ("A", "Stdio", "x", true),
                ("c", "Stdio", "y", false),
            ],
            listing.Servers.Select(server => (server.Name, server.Transport, server.Target, server.IsShadowed)));
    }

    [Fact]
    public void A_broken_file_does_not_hide_the_others_from_the_listing()
    {
        Write("{");
        _folder.Write("project/mcp.json", """{ "servers": { "a": { "command": "x" } } }""");

        var listing = _configuration.List(_project);

        Assert.Equal("a", Assert.Single(listing.Servers).Name);
        Assert.Contains(".mcp.json", Assert.Single(listing.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_home_folder_is_not_searched_twice()
    {
        _folder.Write("home/.mcp.json", """{ "servers": { "a": { "command": "x" } } }""");
        Assert.False(Assert.Single(_configuration.List(Under("home")).Servers).IsShadowed);
    }

    [Theory]
    [InlineData(false, "/xdg", "/xdg")]
    [InlineData(false, "relative", "/home/me/.config")]
    [InlineData(false, null, "/home/me/.config")]
    public void The_settings_folder_follows_the_platform(bool windows, string? variable, string expected)
    {
        var places = UserPlaces.Resolve(windows, "/home/me", name => name == "XDG_CONFIG_HOME" ? variable : null);
        Assert.Equal(expected.Replace('/', Path.DirectorySeparatorChar), places.ConfigurationRoot.Replace('/', Path.DirectorySeparatorChar));
    }

    [Fact]
    public void On_Windows_it_is_the_roaming_folder()
    {
        Assert.Equal(_project, UserPlaces.Resolve(windows: true, "x", name => name == "APPDATA" ? _project : null).ConfigurationRoot);
        Assert.Equal(Path.Combine("x", "AppData", "Roaming"), UserPlaces.Resolve(windows: true, "x", _ => null).ConfigurationRoot);
    }

    [Fact]
    public void A_user_without_a_home_has_only_the_project()
    {
        var configuration = new McpConfiguration(UserPlaces.Resolve(windows: false, "", _ => null));
        Assert.All(configuration.FilePaths(_project), path => Assert.StartsWith(_project, path, StringComparison.Ordinal));
    }

    private string Write(string text) => _folder.Write("project/.mcp.json", text);

    private string Under(string relative) => Path.GetFullPath(relative, _folder.Path);

    private ConfiguredServer Find(string name) => _configuration.Find(name, _project);

    private StdioEndpoint Stdio(string name) => Assert.IsType<StdioEndpoint>(Find(name).Endpoint);

    private static McpFailureException InvalidArgument(Action action)
    {
        var failure = Assert.Throws<McpFailureException>(action);
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
        return failure;
    }
}
