using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProgress.Server.Host;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Host;

/// <summary>The executable as a process.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", 2, "Say what to do")]
    [InlineData("bogus", 2, "There is no command 'bogus'.")]
    [InlineData("stdio --nope", 2, "'stdio' has no option '--nope'.")]
    [InlineData("stdio --port 1", 2, "'stdio' has no option '--port'.")]
    [InlineData("stdio --speed 0", 2, "a number greater than 0, not '0'")]
    [InlineData("stdio --speed", 2, "--speed needs a value")]
    [InlineData("stdio --progress-rate -1", 2, "a number of at least 0, not '-1'")]
    [InlineData("http --port 70000", 2, "from 0 to 65535, not '70000'")]
    [InlineData("http --exit-with-stdin=yes", 2, "--exit-with-stdin takes no value")]
    [InlineData("http --host 0.0.0.0", 1, "needs a bearer token")]
    [InlineData("http --host nowhere", 1, "needs a bearer token")]
    public async Task A_mistake_is_named_on_stderr_with_its_exit_code(string arguments, int code, string message)
    {
        using var process = Start(arguments);
        process.StandardInput.Close();
        var error = await process.StandardError.ReadToEndAsync().Soon();
        await process.WaitForExitAsync().Soon();
        Assert.Equal(code, process.ExitCode);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Empty(await process.StandardOutput.ReadToEndAsync().Soon());
    }

    [Fact]
    public async Task Http_prints_one_line_serves_and_ends_with_its_stdin()
    {
        using var process = Start("http --exit-with-stdin --speed 100");
        var ready = JsonNode.Parse((await process.StandardOutput.ReadLineAsync().Soon())!)!;
        Assert.Equal(process.Id, ready["pid"]!.GetValue<int>());
        Assert.Equal($"http://127.0.0.1:{ready["port"]!.GetValue<int>()}/mcp", ready["url"]!.GetValue<string>());

        using var client = new HttpClient();
        var request = RawHttp.ModernCall("echo", """{"text":"x"}""");
        request.RequestUri = new Uri(ready["url"]!.GetValue<string>());
        using var response = await client.SendAsync(request).Soon();
        Assert.True(response.IsSuccessStatusCode);

        process.StandardInput.Close();
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
        Assert.Empty(await process.StandardOutput.ReadToEndAsync().Soon());
    }

    [Fact]
    public async Task Stdio_ends_with_its_input_though_a_tool_runs()
    {
        using var process = Start("stdio");
        process.StandardInput.AutoFlush = true;
        await process.StandardInput.WriteLineAsync(RawHttp.Initialize);
        Assert.Contains("\"result\"", await process.StandardOutput.ReadLineAsync().Soon(), StringComparison.Ordinal);
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_forever","arguments":{},"_meta":{"progressToken":1}}}""");
        Assert.Contains("notifications/progress", await process.StandardOutput.ReadLineAsync().Soon(), StringComparison.Ordinal);
        process.StandardInput.Close();
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Version_is_the_manifests()
    {
        using var process = Start("--version");
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", await process.StandardOutput.ReadToEndAsync().Soon());
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    private static Process Start(string arguments)
    {
        var start = new ProcessStartInfo("dotnet", $"\"{typeof(KestrelHost).Assembly.Location}\" {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("MCPPROGRESS_TOKEN");
        return Process.Start(start)!;
    }
}
