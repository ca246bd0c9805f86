using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using McpProgress.Core.Authorization;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Authorization;

public sealed class BrowserTests
{
    private static readonly Uri Address = new("https://as.example/authorize?a=1&b=2");

    [Theory]
    [InlineData(null, ":0", "xdg-open A")]
    [InlineData(null, null, "")]
    [InlineData("firefox", null, "firefox A")]
    [InlineData("firefox", ":0", "firefox A|xdg-open A")]
    [InlineData("lynx -accept %s --once", null, "lynx -accept A --once")]
    [InlineData("\"my browser\" -x", null, "my browser -x A")]
    public void The_variable_comes_before_the_system(string? variable, string? display, string expected)
    {
        IEnumerable<string[]> commands = Browser.CommandsFor(Address, name => name switch { "BROWSER" => variable, "DISPLAY" => display, _ => null }, "xdg-open");

        Assert.Equal(expected.Replace("A", Address.AbsoluteUri, StringComparison.Ordinal), string.Join('|', commands.Select(command => string.Join(' ', command))));
    }

    [Theory]
    [InlineData("file:///bin/true")]
    [InlineData("ms-settings:privacy")]
    [InlineData("data:text/html,hello")]
    public void Only_an_address_of_the_web_is_opened(string address) => Assert.False(Browser.IsWebAddress(new Uri(address)));

    [Fact]
    public void The_variable_may_name_several() => Assert.Equal(
        ["one", "two"], Browser.CommandsFor(Address, name => name == "BROWSER" ? $"one{Path.PathSeparator}two %s" : null, null).Select(command => command[0]));
}

public sealed class LoopbackListenerTests : IDisposable
{
    private readonly HttpClient _browser = new();
    private readonly int _port;
    private readonly LoopbackListener _listener;

    public LoopbackListenerTests()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _listener = new LoopbackListener(_port, "the state");
    }

    public void Dispose()
    {
        _listener.Dispose();
        _browser.Dispose();
    }

    [Fact]
    public async Task Takes_the_answer_with_its_state_and_no_other()
    {
        Task<NameValueCollection> answer = _listener.AnswerAsync(CancellationToken.None);

        // A connection that a browser opens ahead and does not use.
        using var idle = new TcpClient();
        await idle.ConnectAsync(IPAddress.Loopback, _port).WaitAsync(Limits.Generous);
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("/favicon.ico"));
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("/callback?code=stolen&state=guessed"));
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("/callback"));
        Assert.False(answer.IsCompleted);
        Assert.Equal(HttpStatusCode.OK, await GetAsync("/callback?code=a%20b&state=the+state&iss=https%3A%2F%2Fas"));

        NameValueCollection query = await answer.Within();
        Assert.Equal(("a b", "https://as"), (query["code"], query["iss"]));
    }

    [Fact]
    public async Task Ends_when_nobody_waits_any_more()
    {
        using var stop = new CancellationTokenSource();
        Task<NameValueCollection> answer = _listener.AnswerAsync(stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.Within());
    }

    private async Task<HttpStatusCode> GetAsync(string path)
    {
        using HttpResponseMessage response = await _browser.GetAsync(new Uri($"http://127.0.0.1:{_port}{path}")).Within();
        return response.StatusCode;
    }
}

public sealed class BearerChallengeTests
{
    [Theory]
    [InlineData(401, "Bearer", "- []")]
    [InlineData(401, "Bearer resource_metadata=\"https://a/b?c=d,e\", scope=\"one two\"", "https://a/b?c=d,e [one two]")]
    [InlineData(401, "bearer scope=one", "- [one]")]
    [InlineData(401, "Bearer realm=\"a \\\"quoted\\\" scope=\\\"no\\\"\", scope=\"yes\"", "- [yes]")]
    [InlineData(401, "Basic realm=\"x\"", "- []")]
    [InlineData(403, "Bearer error=\"insufficient_scope\", scope=\"more\"", "- [more] more")]
    [InlineData(403, "Bearer error=\"invalid_token\"", null)]
    [InlineData(403, "", null)]
    [InlineData(404, "Bearer", null)]
    public void Reads_what_the_server_wants(int status, string header, string? expected)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);
        if (header.Length > 0)
        {
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        }

        BearerChallenge? challenge = BearerChallenge.Read(response);

        Assert.Equal(expected, challenge is null ? null
            : $"{challenge.ResourceMetadata?.AbsoluteUri ?? "-"} [{string.Join(' ', challenge.Scopes)}]{(challenge.WantsMoreScopes ? " more" : "")}");
    }
}
