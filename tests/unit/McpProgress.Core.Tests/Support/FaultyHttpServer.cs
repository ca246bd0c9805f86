using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Support;

/// <summary>FaultyServer over HTTP, as long as a test needs it.</summary>
internal sealed class FaultyHttpServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<(string Line, TaskCompletionSource Seen)> _waiting = [];
    private readonly List<string> _errors = [];

    private FaultyHttpServer(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginErrorReadLine();
    }

    public Uri Uri { get; private set; } = new("http://invalid");

    public HttpEndpoint Endpoint => new(Uri);

    public static async Task<FaultyHttpServer> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(FaultyServer.Path, arguments.Prepend("http")) { RedirectStandardOutput = true, RedirectStandardError = true };
        var server = new FaultyHttpServer(Process.Start(start)!);
        string? first = await server._process.StandardOutput.ReadLineAsync().Within();
        server.Uri = new Uri((string)JsonNode.Parse(first!)!["url"]!);
        return server;
    }

    /// <summary>Waits for a line of standard error.</summary>
    public Task SaidAsync(string line)
    {
        lock (_errors)
        {
            if (_errors.Contains(line))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((line, seen));
            return seen.Task.Within();
        }
    }

    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_errors)
        {
            _errors.Add(line);
            foreach ((string wanted, TaskCompletionSource seen) in _waiting.Where(waiting => waiting.Line == line))
            {
                seen.TrySetResult();
            }
        }
    }
}
