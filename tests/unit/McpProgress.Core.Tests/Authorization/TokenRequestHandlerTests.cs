using System.Net;
using McpProgress.Core.Authorization;
using McpProgress.Core.Tests.Support;
using ModelContextProtocol.Authentication;

namespace McpProgress.Core.Tests.Authorization;

/// <summary>Two processes that share a sign-in, as two handlers over one folder.</summary>
public sealed class TokenRequestHandlerTests : IDisposable
{
    private static readonly Uri Server = new("https://mcp.example/mcp");

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"mcpprogress-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public async Task Of_two_that_refresh_at_once_one_does_and_both_have_the_tokens()
    {
        await StoreAsync("old", expiresIn: 0);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        SignInStore firstStore = Open();
        SignInStore secondStore = Open();
        using HttpMessageInvoker first = Client(firstStore, form =>
        {
            asked.SetResult();
            Assert.Contains("refresh_token=refresh-old", form, StringComparison.Ordinal);
            return answer.Task;
        });
        using HttpMessageInvoker second = Client(secondStore, _ => throw new InvalidOperationException("Refreshed twice."));

        Task<string> one = RefreshAsync(first, "refresh-old");
        await asked.Task.Within();
        Task<string> two = RefreshAsync(second, "refresh-old");
        Assert.False(two.IsCompleted);
        answer.SetResult("""{"access_token":"access-new","token_type":"Bearer","refresh_token":"refresh-new","expires_in":3600}""");

        Assert.Contains("access-new", await one.Within(), StringComparison.Ordinal);
        Assert.Contains("access-new", await two.Within(), StringComparison.Ordinal);
        TokenContainer? kept = Open().Reread();
        Assert.Equal(("access-new", "refresh-new", "client"), (kept!.AccessToken, kept.RefreshToken, kept.ClientId));
    }

    [Fact]
    public async Task What_another_process_got_and_has_expired_too_is_refreshed_with_its_newer_token()
    {
        await StoreAsync("newer", expiresIn: 0);
        string sent = "";
        using HttpMessageInvoker client = Client(Open(), form =>
        {
            sent = form;
            return Task.FromResult("""{"access_token":"access-newest","token_type":"Bearer"}""");
        });

        Assert.Contains("access-newest", await RefreshAsync(client, "refresh-older").Within(), StringComparison.Ordinal);
        Assert.Contains("refresh_token=refresh-newer", sent, StringComparison.Ordinal);
        Assert.Equal("refresh-newer", Open().Reread()!.RefreshToken);
    }

    [Fact]
    public async Task A_refused_refresh_is_left_to_the_SDK_and_changes_nothing()
    {
        await StoreAsync("old", expiresIn: 0);
        using HttpMessageInvoker client = Client(Open(), _ => throw new HttpRequestException("refused", null, HttpStatusCode.BadRequest));

        using HttpResponseMessage response = await SendAsync(client, "refresh-old");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("refresh-old", Open().Reread()!.RefreshToken);
    }

    [Fact]
    public async Task No_secret_goes_over_a_network_without_TLS()
    {
        using HttpMessageInvoker client = Client(Open(), _ => throw new InvalidOperationException("Sent."));

        McpFailureException failure = await SendAsync(client, "refresh-old", "http://as.example/token").FailureAsync(ErrorIds.ConnectionFailed);
        Assert.Contains("http://as.example/token", failure.Message, StringComparison.Ordinal);
    }

    private SignInStore Open() => new(new SecretFolder(_path), Server, "client");

    private async Task StoreAsync(string name, int expiresIn) => await Open().StoreTokensAsync(
        new TokenContainer
        {
            AccessToken = $"access-{name}",
            RefreshToken = $"refresh-{name}",
            TokenType = "Bearer",
            ExpiresIn = expiresIn,
            ObtainedAt = DateTimeOffset.UtcNow,
            ClientId = "client",
        },
        default);

    private static HttpMessageInvoker Client(SignInStore store, Func<string, Task<string>> answer) =>
        new(new TokenRequestHandler(new Endpoint(answer), "Server 'x'", store));

    private static async Task<string> RefreshAsync(HttpMessageInvoker client, string refreshToken)
    {
        using HttpResponseMessage response = await SendAsync(client, refreshToken);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker client, string refreshToken, string endpoint = "https://as.example/token")
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["client_id"] = "client" };
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(form) };
        return await client.SendAsync(request, CancellationToken.None);
    }

    private sealed class Endpoint(Func<string, Task<string>> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(await answer(await request.Content!.ReadAsStringAsync(cancellationToken))) };
            }
            catch (HttpRequestException refused)
            {
                return new HttpResponseMessage(refused.StatusCode!.Value);
            }
        }
    }
}
