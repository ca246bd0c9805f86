using System.Collections.Specialized;
using System.Text;
using McpProgress.Core.Authorization;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using McpProgress.Fixtures;

namespace McpProgress.Core.Tests.Authorization;

/// <summary>A client without a user.</summary>
public sealed class ClientCredentialsTests : IDisposable
{
    private readonly ProtectedServer _peer = new();

    public void Dispose() => _peer.Dispose();

    [Fact]
    public async Task It_gets_a_token_for_the_servers_scopes_and_keeps_it()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
        Assert.Equal("work with files:read", await CallAsync(connection, "work"));
        (NameValueCollection form, string? authorization) = Assert.Single(_peer.TokenRequests);
        Assert.Equal("client_credentials", form["grant_type"]);
        Assert.Equal(_peer.Uri.AbsoluteUri, form["resource"]);
        Assert.Equal("my%20app:s%3Acret", Encoding.UTF8.GetString(Convert.FromBase64String(authorization!["Basic ".Length..])));
        Assert.Empty(_peer.SignIns);
    }

    [Fact]
    public async Task The_secret_goes_into_the_form_where_the_server_takes_it_only_there()
    {
        _peer.AuthenticationMethods = ["client_secret_post"];
        await using ServerConnection connection = await ConnectAsync();

        (NameValueCollection form, string? authorization) = Assert.Single(_peer.TokenRequests);
        Assert.Equal(("my app", "s:cret", null), (form["client_id"], form["client_secret"], authorization));
    }

    [Fact]
    public async Task A_tool_that_wants_another_scope_gets_it_with_those_there_were()
    {
        await using ServerConnection connection = await ConnectAsync();

        Assert.Equal("files:write with files:read files:write", await CallAsync(connection, "files:write"));
        Assert.Equal("work with files:read files:write", await CallAsync(connection, "work"));
        Assert.Equal(2, _peer.TokenRequests.Count);
    }

    [Fact]
    public async Task A_scope_that_could_not_be_had_once_is_asked_for_again()
    {
        await using ServerConnection connection = await ConnectAsync();
        _peer.Refusal = """{"error":"temporarily_unavailable"}""";
        await CallAsync(connection, "files:write").FailureAsync(ErrorIds.ProtocolError);
        _peer.Refusal = null;

        Assert.Equal("files:write with files:read files:write", await CallAsync(connection, "files:write"));
        Assert.Equal(3, _peer.TokenRequests.Count);
    }

    [Fact]
    public async Task A_token_that_is_over_is_replaced_once_for_all_that_need_it()
    {
        await using ServerConnection connection = await ConnectAsync();
        _peer.Revoke();
        string[] texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CallAsync(connection, "work")));

        Assert.All(texts, text => Assert.Equal("work with files:read", text));
        Assert.Equal(2, _peer.TokenRequests.Count);
    }

    [Fact]
    public async Task A_refusal_says_what_the_server_says_and_no_secret()
    {
        _peer.Refusal = """{"error":"invalid_client","error_description":"who is that?","client_secret":"s:cret"}""";
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("invalid_client: who is that?", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s:cret", failure.ToString(), StringComparison.Ordinal);
        Assert.Single(_peer.TokenRequests);
    }

    [Fact]
    public async Task A_server_that_takes_no_secret_gets_none()
    {
        _peer.AuthenticationMethods = ["private_key_jwt"];
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains("private_key_jwt", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_peer.TokenRequests);
    }

    [Theory]
    [InlineData("https://other.example/mcp", null, "https://other.example/mcp")]
    [InlineData(null, "https://other.example", "another issuer")]
    public async Task Documents_that_speak_for_somebody_else_get_no_secret(string? resource, string? issuer, string words)
    {
        _peer.Resource = resource;
        _peer.Issuer = issuer;
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_peer.TokenRequests);
    }

    [Fact]
    public async Task A_host_that_the_server_leads_to_gets_neither_token_nor_secret()
    {
        using var other = new ProtectedServer { Resource = _peer.Uri.AbsoluteUri };
        _peer.LeadsTo = other.Uri;
        McpFailureException failure = await ConnectAsync().FailureAsync(ErrorIds.ConnectionFailed);

        Assert.Contains(other.Origin.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Empty(other.TokenRequests);
    }

    private Task<ServerConnection> ConnectAsync() => ServerConnection.ConnectAsync(
        "peer", new HttpEndpoint(_peer.Uri) { OAuth = new ClientCredentialsGrant("my app", new Secret("s:cret")) }).Within();

    private static async Task<string> CallAsync(ServerConnection connection, string tool) =>
        (await connection.CallToolAsync(new ToolCallRequest(tool, [])).Within()).Text;
}
