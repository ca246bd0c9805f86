using System.Net;
using System.Net.Http.Headers;
using McpProgress.Server.Http;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Http;

public sealed class RequestGuardTests
{
    private const string Echo = """{"text":"x"}""";

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.0.0.1:1234", 200)]
    [InlineData("localhost:1234", 200)]
    [InlineData("LocalHost", 200)]
    [InlineData("[::1]:80", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("10.0.0.1", 403)]
    public async Task On_loopback_only_loopback_hosts_are_served(string host, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.ModernCall("echo", Echo, change: request => request.Headers.Host = host));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("http://localhost:6274", 200)]
    [InlineData("https://127.0.0.1", 200)]
    [InlineData("http://evil.example", 403)]
    [InlineData("http://localhost.evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("file:///etc", 403)]
    public async Task Requests_of_foreign_web_pages_are_refused(string origin, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples());
        using var response = await server.SendAsync(RawHttp.ModernCall("echo", Echo, change: request => request.Headers.TryAddWithoutValidation("Origin", origin)));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic secret", 401)]
    [InlineData("Bearer secret", 200)]
    [InlineData("bearer secret", 200)]
    public async Task With_a_token_every_request_must_carry_it(string? authorization, int status)
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples(), new HttpServerOptions { Token = "secret" });
        foreach (var request in new[] { RawHttp.ModernCall("echo", Echo), RawHttp.Post(RawHttp.Initialize), RawHttp.Request(HttpMethod.Delete, "none") })
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var response = await server.SendAsync(request);
            if (status == 401)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
                Assert.Equal(new AuthenticationHeaderValue("Bearer"), Assert.Single(response.Headers.WwwAuthenticate));
            }
            else
            {
                Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Off_loopback_any_address_and_the_machines_name_are_served_but_no_other_name()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples(), new HttpServerOptions { Host = "0.0.0.0", Token = "secret" });
        foreach (var (host, status) in new[] { ("10.1.2.3:80", 200), (Dns.GetHostName(), 200), ("evil.example", 403) })
        {
            var request = RawHttp.ModernCall("echo", Echo);
            request.Headers.Host = host;
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
            using var response = await server.SendAsync(request);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.1")]
    public void Off_loopback_a_token_is_demanded(string host)
    {
        Assert.Throws<ArgumentException>(() => new HttpServerOptions { Host = host }.Validate());
        new HttpServerOptions { Host = host, Token = "secret" }.Validate();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("localhost")]
    public void On_loopback_no_token_is_demanded(string host) => new HttpServerOptions { Host = host }.Validate();
}
