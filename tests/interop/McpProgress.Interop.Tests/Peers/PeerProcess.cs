using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>A process whose lines, of both streams, can be waited for.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly object _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _output = [];
    private readonly List<(string Text, TaskCompletionSource<string> Found)> _awaited = [];

    private PeerProcess(Process process) => _process = process;

    public static PeerProcess Start(string command, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var peer = new PeerProcess(new Process { StartInfo = start });
        peer._process.OutputDataReceived += (_, line) => peer.Add(line.Data, isOutput: true);
        peer._process.ErrorDataReceived += (_, line) => peer.Add(line.Data, isOutput: false);
        peer._process.Start();
        peer._process.BeginOutputReadLine();
        peer._process.BeginErrorReadLine();
        return peer;
    }

    /// <summary>Runs a command to its end, within three minutes, with a home of its own: some leave folders there.</summary>
    public static Task<Outcome> RunAsync(string command, params IEnumerable<string> arguments) =>
        RunAsync(command, arguments, new Dictionary<string, string>());

    /// <summary>The same with environment variables more.</summary>
    public static async Task<Outcome> RunAsync(string command, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        string home = Path.Combine(AppContext.BaseDirectory, "peer-home");
        Directory.CreateDirectory(home);
        await using PeerProcess peer = Start(command, arguments, new Dictionary<string, string>(environment) { ["HOME"] = home, ["USERPROFILE"] = home });
        peer._process.StandardInput.Close();
        await peer._process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        lock (peer._gate)
        {
            return new Outcome(peer._process.ExitCode, [.. peer._output], [.. peer._lines]);
        }
    }

    /// <summary>The first line, past or to come, that has the text in it.</summary>
    public async Task<string> LineWithAsync(string text)
    {
        Task<string> found;
        lock (_gate)
        {
            if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            var source = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, source));
            found = source.Task;
        }

        if (await Task.WhenAny(found, _process.WaitForExitAsync()).WaitAsync(TimeSpan.FromSeconds(30)) != found)
        {
            lock (_gate)
            {
                throw new InvalidOperationException($"The peer ended without a line with {text}: {string.Join('\n', _lines)}");
            }
        }

        return await found;
    }

    /// <summary>The address of a web server that prints <c>{"url":…}</c> once it listens.</summary>
    public async Task<Uri> AnnouncedUrlAsync()
    {
        string line = await LineWithAsync("\"url\":");
        return new Uri(JsonNode.Parse(line)!["url"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Add(string? line, bool isOutput)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Add(line);
            if (isOutput)
            {
                _output.Add(line);
            }

            foreach ((string text, TaskCompletionSource<string> found) in _awaited)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }

    /// <summary>How a command ended.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="Output">The lines of its standard output.</param>
    /// <param name="Lines">The lines of both streams, as they came.</param>
    internal sealed record Outcome(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Lines)
    {
        public string OutputText => string.Join('\n', Output);

        /// <summary>Fails with everything the command wrote unless it succeeded.</summary>
        public Outcome EnsureSuccess()
        {
            Assert.True(ExitCode == 0, $"Exit code {ExitCode}:\n{string.Join('\n', Lines)}");
            return this;
        }
    }
}
