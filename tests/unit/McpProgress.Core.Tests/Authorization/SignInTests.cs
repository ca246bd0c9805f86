using System.Text;
using McpProgress.Core.Authorization;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Tests.Support;
using McpProgress.Fixtures;

namespace McpProgress.Core.Tests.Authorization;

/// <summary>A user signs in with a browser, against an authorization server that is real but for the user.</summary>
public sealed class SignInTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mcpprogress-{Guid.NewGuid():N}");
    private readonly ProtectedServer _peer = new();
    private readonly EventHub _events = new();
    private int _browsed;

    public void Dispose()
    {
        _peer.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_client_registers_signs_in_with_PKCE_and_calls()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
        Assert.Equal(1, _browsed);
        System.Text.Json.Nodes.JsonNode registration = Assert.Single(_peer.Registrations);
        Assert.Equal("McpProgress", (string?)registration["client_name"]);
        Assert.Equal("native", (string?)registration["application_type"]);
        System.Collections.Specialized.NameValueCollection signIn = Assert.Single(_peer.SignIns);
        Assert.Equal("S256", signIn["code_challenge_method"]);
        Assert.Equal(_peer.Uri.AbsoluteUri, signIn["resource"]);
        Assert.StartsWith("http://127.0.0.1:", signIn["redirect_uri"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_session_needs_no_sign_in()
    {
        await (await ConnectAsync()).DisposeAsync();
        await using ServerConnection second = await ConnectAsync();

        Assert.Equal("work with files:read", await CallAsync(second, "work"));
        Assert.Equal(1, _browsed);
        Assert.Single(_peer.TokenRequests);
    }

    [Fact]
    public async Task A_sign_in_that_cannot_be_kept_is_good_for_this_session_and_says_so()
    {
        var told = new List<string>();
        var grant = Grant() with { Folder = new SecretFolder(Path.Combine(typeof(SignInTests).Assembly.Location, "no folder")) };
        await using ServerConnection connection = await ServerConnection.ConnectAsync("peer", Endpoint(_peer, grant), new ConnectionOptions { Warned = told.Add }).Within();

        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
        Assert.StartsWith("The sign-in to ", Assert.Single(told), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_next_session_refreshes_what_has_expired_without_a_browser(bool rotates)
    {
        _peer.Rotates = rotates;
        _peer.Lifetime = 0;
        await (await ConnectAsync()).DisposeAsync();
        _peer.Lifetime = 3600;
        await using ServerConnection second = await ConnectAsync();
        await using ServerConnection third = await ConnectAsync();

        Assert.Equal("work with files:read", await CallAsync(third, "work"));
        Assert.Equal(1, _browsed);
        Assert.Single(_peer.Registrations);
    }

    [Fact]
    public async Task A_token_that_is_revoked_in_the_middle_is_refreshed()
    {
        await using ServerConnection connection = await ConnectAsync();
        _peer.Revoke();

        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
        Assert.Equal(1, _browsed);
    }

    [Fact]
    public async Task A_sign_in_that_cannot_be_refreshed_is_made_again_by_the_same_client_from_the_same_port()
    {
        await (await ConnectAsync()).DisposeAsync();
        _peer.Revoke(refreshTokens: true);
        await using ServerConnection second = await ConnectAsync();

        Assert.Equal(2, _browsed);
        Assert.Single(_peer.Registrations);
        Assert.Single(_peer.SignIns.Select(signIn => signIn["redirect_uri"]).Distinct());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await (await ConnectAsync()).DisposeAsync();
        _peer.Revoke(refreshTokens: true);
        var port = new Uri(_peer.SignIns.First()["redirect_uri"]!).Port;
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        other.Start();

        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains($"port {port}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _browsed);
    }

    [Fact]
    public async Task Each_server_has_a_sign_in_of_its_own()
    {
        using var other = new ProtectedServer();
        await using ServerConnection first = await ConnectAsync();
        await using ServerConnection second = await ConnectAsync(other);

        Assert.Equal(2, _browsed);
        Assert.Single(other.SignIns);
        Assert.Equal("authorization_code", Assert.Single(other.TokenRequests).Form["grant_type"]);
    }

    [Fact]
    public async Task A_tool_that_wants_another_scope_gets_it_with_those_there_were()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("files:write with files:read files:write", await CallAsync(connection, "files:write"));
        Assert.Equal(2, _browsed);
        Assert.Equal("work with files:read files:write", await CallAsync(connection, "work"));
        Assert.Equal(2, _browsed);
    }

    [Fact]
    public async Task A_scope_that_is_refused_fails_the_call_and_leaves_the_connection_whole()
    {
        await using ServerConnection connection = await ConnectAsync();
        _peer.SignInError = "access_denied";

        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("files:write", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("access_denied", failure.Message, StringComparison.Ordinal);
        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
    }

    [Fact]
    public async Task A_scope_that_is_never_granted_is_asked_for_once()
    {
        _peer.Grants = "files:read";
        await using ServerConnection connection = await ConnectAsync();

        McpFailureException failure = await connection.CallToolAsync(new ToolCallRequest("files:write", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Contains("403", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, _browsed);
        await connection.CallToolAsync(new ToolCallRequest("files:write", [])).FailureAsync(ErrorIds.ProtocolError);
        Assert.Equal(2, _browsed);
    }

    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    public async Task A_client_without_a_secret_sends_none_whatever_the_server_prefers(string method)
    {
        _peer.AuthenticationMethods = [method];
        await using ServerConnection connection = await ConnectAsync(grant: Grant() with { ClientId = "public app" });

        (System.Collections.Specialized.NameValueCollection form, string? authorization) = Assert.Single(_peer.TokenRequests);
        Assert.Equal("public app", form["client_id"]);
        Assert.Null(form["client_secret"]);
        Assert.Null(authorization);
        Assert.Empty(_peer.Registrations);
    }

    [Fact]
    public async Task A_client_with_a_secret_sends_it_as_the_server_prefers()
    {
        await using ServerConnection connection = await ConnectAsync(grant: Grant() with { ClientId = "app", ClientSecret = new Secret("top secret") });

        (_, string? authorization) = Assert.Single(_peer.TokenRequests);
        Assert.Equal("app:top%20secret", Encoding.UTF8.GetString(Convert.FromBase64String(authorization!["Basic ".Length..])));
    }

    [Fact]
    public async Task An_https_client_id_is_a_metadata_document()
    {
        const string Document = "https://example.com/client.json";
        await using ServerConnection connection = await ConnectAsync(grant: Grant() with { ClientId = Document });

        Assert.Equal(Document, Assert.Single(_peer.SignIns)["client_id"]);
        Assert.Empty(_peer.Registrations);
    }

    [Fact]
    public async Task Who_refuses_is_told_of()
    {
        _peer.SignInError = "access_denied";
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("access_denied", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _browsed);
    }

    [Fact]
    public async Task A_refusal_of_the_token_endpoint_ends_it_and_repeats_no_secret()
    {
        _peer.Refusal = """{"error":"invalid_client","error_description":"who is that?","client_secret":"top secret","code":"code files:read"}""";
        McpFailureException failure = await ConnectAsync(grant: Grant() with { ClientId = "app", ClientSecret = new Secret("top secret") }).FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("invalid_client: who is that?", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("top secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, _browsed);
    }

    [Fact]
    public async Task Who_does_not_come_back_in_time_is_given_up()
    {
        var time = new ManualTimeProvider();
        var notices = new TaskCompletionSource<SignInNotice>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ConnectionOptions { Time = time, SignInStarted = notices.SetResult };
        Task<ServerConnection> connecting = ServerConnection.ConnectAsync("peer", Endpoint(_peer, Grant() with { OpenBrowser = _ => false }), options);
        SignInNotice notice = await notices.Task.Within();
        Assert.False(notice.BrowserOpened);
        Assert.Equal("/authorize", notice.Address.AbsolutePath);

        // Far beyond the limit of the handshake, which stands still, and up to that of the sign-in.
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        McpFailureException failure = await connecting.FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("nobody signed in within 5 minutes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_wait_for_the_user()
    {
        using var stop = new CancellationTokenSource();
        var options = new ConnectionOptions { SignInStarted = _ => stop.CancelAsync() };
        await ServerConnection.ConnectAsync("peer", Endpoint(_peer, Grant() with { OpenBrowser = _ => true }), options, stop.Token).FailureAsync(ErrorIds.Cancelled);
    }

    [Fact]
    public async Task A_description_of_another_resource_is_refused()
    {
        _peer.Resource = "https://other.example/mcp";
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("none could be had", failure.Message, StringComparison.Ordinal);
        Assert.Contains("https://other.example/mcp", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _browsed);
    }

    [Fact]
    public async Task A_host_that_the_server_leads_to_gets_no_token()
    {
        using var other = new ProtectedServer { Resource = _peer.Uri.AbsoluteUri };
        _peer.LeadsTo = other.Uri;
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains(other.Origin.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _browsed);
    }

    [Fact]
    public async Task A_request_for_a_token_is_not_led_elsewhere()
    {
        using var other = new ProtectedServer();
        _peer.SendsSecretsTo = new Uri(other.Origin, "/token");
        await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Empty(other.Seen);
    }

    [Fact]
    public async Task A_description_that_cannot_be_had_is_asked_for_once()
    {
        _peer.IsBroken = true;
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("500", failure.Message, StringComparison.Ordinal);
        Assert.Single(_peer.Seen, seen => seen.Contains("oauth-protected-resource", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_revision_that_is_insisted_on_does_not_hide_why_there_is_no_access()
    {
        _peer.Resource = "https://other.example/mcp";
        Task<ServerConnection> connecting = ServerConnection.ConnectAsync("peer", Endpoint(_peer, Grant()), new ConnectionOptions { ProtocolVersion = "2026-07-28" });

        Assert.Contains("https://other.example/mcp", (await connecting.FailureAsync(ErrorIds.ConnectionFailed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_token_is_in_an_event_or_readable_on_disk()
    {
        var text = new StringBuilder();
        using IDisposable subscription = _events.Subscribe((in ConnectionEvent happened) => text.AppendLine(happened.Data?.ToJsonString()));
        await using (ServerConnection connection = await ConnectAsync(grant: Grant() with { ClientId = "app", ClientSecret = new Secret("top secret") }))
        {
            await CallAsync(connection, "work");
        }

        foreach (string file in Directory.EnumerateFiles(_folder))
        {
            text.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }

        Assert.Contains("files:read", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("access-1", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("refresh-1", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("top secret", text.ToString(), StringComparison.Ordinal);
    }

    private SignInGrant Grant() => new() { Folder = new SecretFolder(_folder), OpenBrowser = Open };

    private bool Open(Uri address)
    {
        Interlocked.Increment(ref _browsed);
        _ = ProtectedServer.BrowseAsync(address);
        return true;
    }

    private static HttpEndpoint Endpoint(ProtectedServer peer, SignInGrant grant) => new(peer.Uri) { OAuth = grant };

    private Task<ServerConnection> ConnectAsync(ProtectedServer? peer = null, SignInGrant? grant = null) =>
        ServerConnection.ConnectAsync("peer", Endpoint(peer ?? _peer, grant ?? Grant()), new ConnectionOptions { Events = _events }).Within();

    private static async Task<string> CallAsync(ServerConnection connection, string tool) =>
        (await connection.CallToolAsync(new ToolCallRequest(tool, [])).Within()).Text;
}
