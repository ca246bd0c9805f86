using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProgress.Server.Tests.Support;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>The real executable, killed without warning in the middle of its tasks, and started again on the same file.</summary>
public sealed class RestartTests : IDisposable
{
    private const string Restarted = "The server was restarted while the task ran";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mcpprogress-test-");

    private string Store => $"file:{Path.Combine(_folder.FullName, "tasks.db")}";

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Results_of_2025_11_25_survive_and_running_tasks_are_failed()
    {
        string finished, running, expiring;
        using (var server = await LegacyAsync())
        {
            finished = TaskId(await server.RequestAsync(1, "tools/call", Call("analyze_data", """{"data_id":"kept"}""")));
            var before = await server.RequestAsync(2, "tasks/result", Named(finished));
            Assert.Equal("kept", before["structuredContent"]!["data_id"]!.GetValue<string>());
            running = TaskId(await server.RequestAsync(3, "tools/call", Call("run_forever", "{}")));
            expiring = TaskId(await server.RequestAsync(4, "tools/call", Call("run_forever", "{}", "{\"ttl\":1}")));
            server.Kill();
        }

        using var again = await LegacyAsync();
        var result = await again.RequestAsync(1, "tasks/result", Named(finished));
        Assert.Equal("kept", result["structuredContent"]!["data_id"]!.GetValue<string>());
        var lost = await again.RequestAsync(2, "tasks/get", Named(running));
        Assert.Equal("failed", lost["status"]!.GetValue<string>());
        Assert.StartsWith(Restarted, lost["statusMessage"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.StartsWith(Restarted, (await again.RequestAsync(3, "tasks/result", Named(running)))["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(-32602, (await again.RequestAsync(4, "tasks/get", Named(expiring)))["code"]!.GetValue<int>());
        var list = (await again.RequestAsync(5, "tasks/list", "{}"))["tasks"]!.AsArray();
        Assert.Equal([finished, running], list.Select(task => task!["taskId"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Results_of_2026_07_28_survive_and_running_tasks_are_failed()
    {
        const string Meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}}";
        string[] all;
        using (var server = Start())
        {
            // All of them named in an answer when the server is killed, none of them finished or told about.
            var created = new List<string>();
            for (var i = 0; i < 20; i++)
            {
                var answer = await server.RequestAsync(i, "tools/call", $$"""{"name":"run_forever","arguments":{},{{Meta}}}""");
                created.Add(answer["taskId"]!.GetValue<string>());
            }

            all = [.. created];
            server.Kill();
        }

        using var again = Start();
        foreach (var (id, number) in all.Select((id, number) => (id, number)))
        {
            var state = await again.RequestAsync(number, "tasks/get", $$"""{"taskId":"{{id}}",{{Meta}}}""");
            Assert.Equal("failed", state["status"]!.GetValue<string>());
            Assert.Equal(-32603, state["error"]!["code"]!.GetValue<int>());
            Assert.StartsWith(Restarted, state["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_store_that_is_no_store_is_refused_at_the_start()
    {
        using var server = new Served("file:" + Path.Combine(_folder.FullName, "nowhere", "tasks.db"));
        Assert.Equal(1, await server.ExitAsync());
        using var misuse = new Served("disk");
        Assert.Equal(2, await misuse.ExitAsync());
    }

    private static string Call(string tool, string arguments, string task = "{}") => $$"""{"name":"{{tool}}","arguments":{{arguments}},"task":{{task}}}""";

    private static string TaskId(JsonNode created) => created["task"]!["taskId"]!.GetValue<string>();

    private static string Named(string id) => $$"""{"taskId":"{{id}}"}""";

    private Served Start() => new(Store);

    private async Task<Served> LegacyAsync()
    {
        var server = Start();
        await server.RequestAsync(0, "initialize", """{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}""");
        return server;
    }

    /// <summary>The executable, and a client that sees its lines.</summary>
    private sealed class Served : IDisposable
    {
        private readonly Process _process;

        public Served(string store) => _process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "mcpprogress-server.dll"), "stdio", "--speed", "1000", "--task-store", store])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        public async Task<JsonNode> RequestAsync(int id, string method, string parameters)
        {
            await _process.StandardInput.WriteLineAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""").Soon();
            await _process.StandardInput.FlushAsync().Soon();
            while (true)
            {
                var message = JsonNode.Parse((await _process.StandardOutput.ReadLineAsync().Soon())!)!;
                if (message["id"]?.ToJsonString() == id.ToString(System.Globalization.CultureInfo.InvariantCulture))
                {
                    return message["result"] ?? message["error"]!;
                }
            }
        }

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public async Task<int> ExitAsync()
        {
            await _process.WaitForExitAsync().Soon();
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                Kill();
            }

            _process.Dispose();
        }
    }
}
