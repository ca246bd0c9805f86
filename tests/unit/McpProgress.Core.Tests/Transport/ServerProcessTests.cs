using System.Diagnostics;
using System.Text;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class ServerProcessTests
{
    [Fact]
    public async Task A_server_that_leaves_with_its_input_is_not_killed()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("echo"));
        await RespondsAsync(process);
        Assert.True(ProcessProbe.IsRunning(process.Id));
        Assert.Null(process.ExitCode);
        await process.DisposeAsync().AsTask().Within();
        Assert.False(ProcessProbe.IsRunning(process.Id));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_server_that_stays_is_told_to_leave_after_its_two_seconds()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("ignore-close"));
        await RespondsAsync(process);
        long started = Stopwatch.GetTimestamp();
        await process.DisposeAsync().AsTask().Within();
        Assert.False(ProcessProbe.IsRunning(process.Id));
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromSeconds(1.9));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(128 + 15, process.ExitCode);
            Assert.Equal(["stdin has ended, staying", "SIGTERM has come, leaving"], await process.LastErrorLinesAsync().Within());
        }
    }

    [Fact]
    public async Task A_server_that_does_not_listen_is_killed()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("ignore-close", "deaf"));
        await RespondsAsync(process);
        await process.DisposeAsync().AsTask().Within();
        Assert.False(ProcessProbe.IsRunning(process.Id));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(128 + 9, process.ExitCode);
            Assert.Contains("SIGTERM has come, staying", await process.LastErrorLinesAsync().Within());
        }
    }

    [Fact]
    public async Task A_server_that_never_reads_cannot_hold_up_the_end()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("linger"));
        using var closing = new CancellationTokenSource();
        Task writing = process.Input.WriteAsync(new byte[4 << 20], closing.Token).AsTask();
        await process.DisposeAsync().AsTask().Within();
        Assert.False(ProcessProbe.IsRunning(process.Id));
        await Assert.ThrowsAnyAsync<Exception>(() => writing.Within());
    }

    [Fact]
    public async Task What_the_server_has_started_ends_with_it()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("grandchild"));
        int child = await ChildAsync(process);
        Assert.True(ProcessProbe.IsRunning(child));
        await process.DisposeAsync().AsTask().Within();
        await ProcessProbe.GoneAsync(child);
        Assert.False(ProcessProbe.IsRunning(process.Id));
    }

    [Fact]
    public async Task What_a_dead_server_has_left_behind_ends_too()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // There is no group to end.
        }

        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("grandchild"));
        int child = await ChildAsync(process);
        using (Process server = Process.GetProcessById(process.Id))
        {
            server.Kill();
        }

        await ProcessProbe.GoneAsync(process.Id);
        Assert.True(ProcessProbe.IsRunning(child));
        await process.DisposeAsync().AsTask().Within();
        await ProcessProbe.GoneAsync(child);
    }

    [Fact]
    public async Task Killing_ends_the_whole_tree_at_once()
    {
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("grandchild"));
        int child = await ChildAsync(process);
        process.Kill();
        await ProcessProbe.GoneAsync(process.Id);
        await ProcessProbe.GoneAsync(child);
        process.Kill();
    }

    [Fact]
    public async Task The_server_has_a_session_of_its_own_so_that_Ctrl_C_is_not_meant_for_it()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // Only there the kernel tells it in a file.
        }

        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("echo"));
        await RespondsAsync(process);
        string[] stat = (await File.ReadAllTextAsync($"/proc/{process.Id}/stat")).Split(") ")[^1].Split(' ');
        (string group, string session) = (stat[2], stat[3]);
        Assert.Equal(process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), group);
        Assert.Equal(group, session);
        Assert.Contains("FaultyServer", await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_fifty_lines_of_standard_error_are_kept_and_all_are_told()
    {
        var told = new List<string>();
        await using ServerProcess process = ServerProcess.Start(FaultyServer.Stdio("die-on-call"), told.Add);
        await SendAsync(process, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"die"}}""");
        await ProcessProbe.GoneAsync(process.Id);
        IReadOnlyList<string> lines = await process.LastErrorLinesAsync().Within();
        Assert.Equal(Enumerable.Range(11, 50).Select(i => $"stderr line {i}"), lines);
        Assert.Equal(3, process.ExitCode);
        Assert.Equal(60, told.Count);
        await process.DisposeAsync().AsTask().Within();
        Assert.Equal(lines, await process.LastErrorLinesAsync().Within());
        Assert.Equal(3, process.ExitCode);
    }

    [Fact]
    public async Task Environment_arguments_and_folder_arrive_unchanged()
    {
        string folder = Path.GetTempPath().TrimEnd(Path.DirectorySeparatorChar);
        StdioEndpoint endpoint = FaultyServer.Stdio("log-env", "a b", "", "$HOME", "\"q\"", "a&b", "é") with
        {
            WorkingDirectory = folder,
            Environment = new Dictionary<string, string?> { ["MCPPROGRESS_TEST"] = "set é", ["HOME"] = null },
        };
        await using ServerProcess process = ServerProcess.Start(endpoint);
        await SendAsync(process, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"environment","arguments":{"names":["MCPPROGRESS_TEST","HOME","PATH"]}}}""");
        using var reader = new StreamReader(process.Output, leaveOpen: true);
        var seen = System.Text.Json.Nodes.JsonNode.Parse((await reader.ReadLineAsync().Within())!)!["result"]!["structuredContent"]!;
        Assert.Equal(["log-env", "a b", "", "$HOME", "\"q\"", "a&b", "é"], seen["argv"]!.AsArray().Select(argument => (string?)argument));
        Assert.Equal(folder, (string?)seen["cwd"]);
        Assert.Equal("set é", (string?)seen["environment"]!["MCPPROGRESS_TEST"]);
        Assert.Null(seen["environment"]!["HOME"]);
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), (string?)seen["environment"]!["PATH"]);
    }

    [Fact]
    public void A_start_that_makes_no_sense_is_a_connection_that_failed()
    {
        var failure = Assert.Throws<McpFailureException>(() => ServerProcess.Start(FaultyServer.Stdio("echo") with { WorkingDirectory = "no\0folder" }));
        Assert.Equal(ErrorIds.ConnectionFailed, failure.ErrorId);
    }

    [Fact]
    public async Task A_file_the_system_cannot_run_is_a_connection_that_failed()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Its loader says so in a window.
        }

        using var folder = new Configuration.TemporaryFolder();
        string path = folder.Write("server", "#!/no/such/interpreter\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await ServerConnection.ConnectAsync("broken", new StdioEndpoint(path, [])).FailureAsync(ErrorIds.ConnectionFailed);
    }

    private static async Task SendAsync(ServerProcess process, string message)
    {
        await process.Input.WriteAsync(Encoding.UTF8.GetBytes(message + "\n"));
        await process.Input.FlushAsync();
    }

    // Until then it may not have begun to listen to its input and to signals: a busy machine takes seconds to start it.
    private static async Task RespondsAsync(ServerProcess process)
    {
        await SendAsync(process, """{"jsonrpc":"2.0","id":1,"method":"ping"}""");
        await process.Output.ReadAsync(new byte[1]).AsTask().Within();
    }

    private static async Task<int> ChildAsync(ServerProcess process)
    {
        await SendAsync(process, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pid"}}""");
        using var reader = new StreamReader(process.Output, leaveOpen: true);
        var answer = System.Text.Json.Nodes.JsonNode.Parse((await reader.ReadLineAsync().Within())!)!;
        return int.Parse((string)answer["result"]!["content"]![0]!["text"]!, System.Globalization.CultureInfo.InvariantCulture);
    }
}
