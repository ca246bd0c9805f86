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
    public async Task Stdio_ends_when_nobody_reads_its_output()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // There the console hides it, and the server ends with its input.
        }

        using var process = Start("stdio");
        process.StandardInput.AutoFlush = true;
        await process.StandardInput.WriteLineAsync(RawHttp.Initialize);
        await process.StandardOutput.ReadLineAsync().Soon();
        process.StandardOutput.Close();
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_forever","arguments":{},"_meta":{"progressToken":1}}}""");
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_server_that_follows_its_input_leaves_interrupts_to_its_client()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // No way to send one process an interrupt there.
        }

        using var process = Start("stdio");
        process.StandardInput.AutoFlush = true;
        await process.StandardInput.WriteLineAsync(RawHttp.Initialize);
        await process.StandardOutput.ReadLineAsync().Soon();
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().Soon();
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"ping"}""");
        Assert.Contains("\"id\":1", await process.StandardOutput.ReadLineAsync().Soon(), StringComparison.Ordinal);
        process.StandardInput.Close();
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("stdio", "TERM")]
    [InlineData("http", "TERM")]
    [InlineData("http", "INT")]
    public async Task A_signal_ends_a_server_gracefully(string command, string signal)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // No way to send one process a signal there.
        }

        if (signal == "INT" && IgnoresInterrupts())
        {
            return; // Nor here: a shell starts what runs in its background deaf to interrupts, and what that starts is deaf, too.
        }

        using var process = Start(command);
        process.StandardInput.AutoFlush = true;
        await process.StandardInput.WriteLineAsync(RawHttp.Initialize);
        await process.StandardOutput.ReadLineAsync().Soon();
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Demo_prints_every_shape_of_progress()
    {
        var (code, output, _) = await RunAsync("demo --speed 50");
        Assert.Equal(0, code);
        Assert.Contains(
            """
            [Client Progress] 33.3% - step 1/3 - processing Hello-1
            [Client Progress] 66.7% - step 2/3 - processing Hello-2
            [Client Progress] 100.0% - step 3/3 - processing Hello-3
            [Client Progress] 100.0% - step 3/3 - done
            [Client Result] {"processed":3,"results":["HELLO-1","HELLO-2","HELLO-3"]}
            """.ReplaceLineEndings("\n"),
            output,
            StringComparison.Ordinal);
        Assert.Contains("[Client Progress] step 0/? - Scanning /data", output, StringComparison.Ordinal);
        Assert.Contains("[Server Log] info: Starting download of dataset.zip (1MB)", output, StringComparison.Ordinal);
        Assert.Contains("[Client Result] error: Failed at step 3 of 6", output, StringComparison.Ordinal);
        Assert.EndsWith("[Client Result] cancelled", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("call echo text=5", 0, "[Client Result] 5")]
    [InlineData("call process_items items=a --speed 1000", 0, "[Client Result] {\"processed\":1,\"results\":[\"A\"]}")]
    [InlineData("call fail_halfway steps=2 --speed 1000", 1, "[Client Result] error: Failed at step 1 of 2, as this tool always does.")]
    public async Task Call_prints_the_result_and_ends_with_its_code(string arguments, int code, string lastLine)
    {
        var (exit, output, _) = await RunAsync(arguments);
        Assert.Equal(code, exit);
        Assert.EndsWith(lastLine, output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("call", 2, "'call' needs the name of a tool.")]
    [InlineData("call echo text", 2, "'text' is not of the form key=value.")]
    [InlineData("call echo --uri ftp://x", 2, "'ftp://x' is not an http address.")]
    [InlineData("call ehco text=x", 1, "Did you mean echo")]
    [InlineData("call download_file filename=f size_mb=0", 1, "size_mb")]
    public async Task A_call_that_cannot_be_made_says_why(string arguments, int code, string message)
    {
        var (exit, output, error) = await RunAsync(arguments);
        Assert.Equal(code, exit);
        Assert.Empty(output);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_reaches_a_server_by_its_address_with_the_token_of_the_environment()
    {
        await using var server = await RawHttp.StartAsync(TestServers.Samples(), new Server.Http.HttpServerOptions { Token = "secret" });
        var (code, output, _) = await RunAsync($"call echo text=hello --uri {server.Host.Url}", token: "secret");
        Assert.Equal((0, "[Client Result] hello"), (code, output.TrimEnd()));
        var (refused, _, error) = await RunAsync($"call echo text=hello --uri {server.Host.Url}", token: "wrong");
        Assert.Equal(1, refused);
        Assert.DoesNotContain("wrong", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_the_manifests()
    {
        using var process = Start("--version");
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", await process.StandardOutput.ReadToEndAsync().Soon());
        await process.WaitForExitAsync().Soon();
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string arguments, string? token = null)
    {
        using var process = Start(arguments, token);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().Soon();
        return (process.ExitCode, (await output).ReplaceLineEndings("\n"), await error);
    }

    /// <summary>Whether this process ignores interrupts, as proc(5) tells: the second bit of SigIgn.</summary>
    private static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status";
        string? ignored = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        return ignored is not null && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & 2) != 0;
    }

    private static Process Start(string arguments, string? token = null)
    {
        var start = new ProcessStartInfo("dotnet", $"\"{typeof(KestrelHost).Assembly.Location}\" {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("MCPPROGRESS_TOKEN");
        if (token is not null)
        {
            start.Environment["MCPPROGRESS_TOKEN"] = token;
        }

        return Process.Start(start)!;
    }
}
