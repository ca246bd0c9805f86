using System.ComponentModel;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Transport;

/// <summary>
/// The process of a stdio server. When the connection closes its input is closed, then it gets SIGTERM (Unix), then it is
/// killed (MCP, Lifecycle, Shutdown), with everything it has started. When this process exits without closing it, it is
/// killed at once. On Unix it has a session of its own: Ctrl+C at the terminal then cancels a call instead of killing every
/// server, and its whole process group can be ended at once.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 50;
    private const int LongestErrorLine = 2000;

    /// <summary>How long a server may take to leave by itself once its standard input is closed.</summary>
    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long it may take once it got SIGTERM.</summary>
    private static readonly TimeSpan TerminationGrace = TimeSpan.FromSeconds(1);

    /// <summary>How long the system may take to report the end of a process whose output has ended, or that was killed.</summary>
    private static readonly TimeSpan ReportGrace = TimeSpan.FromSeconds(1);

    private static readonly ConcurrentDictionary<ServerProcess, bool> Running = new();

    // Held, because what is collected is not told.
    private static readonly PosixSignalRegistration[] Signals;

    private readonly Process _process;
    private readonly bool _ownGroup;
    private readonly Queue<string> _errorLines = new();
    private readonly Task _readingErrors;
    private readonly Task<int> _exited;
    private readonly Lazy<Task> _ended;
    private volatile bool _isLeaving;

    static ServerProcess()
    {
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => EndAll();

        // From .NET 10 on these end the process at once, without an exit to be told of; a terminal that is closed sends the second.
        Signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, static _ => EndAll()))];
    }

    private ServerProcess(Process process, bool ownGroup, Action<string>? errorLine)
    {
        _process = process;
        _ownGroup = ownGroup;
        Id = process.Id;
        _exited = ExitOf(process);
        _ended = new Lazy<Task>(EndAsync);
        _readingErrors = Task.Factory.StartNew(() => ReadErrors(errorLine), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // Last, because from here on the exit of this process may find it.
        Running[this] = true;
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>What the server writes.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What the server reads.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>The exit code; null while the process runs.</summary>
    public int? ExitCode => _exited.IsCompletedSuccessfully ? _exited.Result : null;

    /// <summary>Starts the server.</summary>
    /// <param name="endpoint">The program, its arguments and its surroundings.</param>
    /// <param name="errorLine">Gets each line of the standard error, on a thread of its own.</param>
    /// <exception cref="McpFailureException">McpConnectionFailed: the command was not found or could not be started.</exception>
    public static ServerProcess Start(StdioEndpoint endpoint, Action<string>? errorLine = null)
    {
        try
        {
            ProcessStartInfo start = CommandLine.Resolve(endpoint);
            bool ownGroup = UseOwnSession(start);
            start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
            start.UseShellExecute = false;
            start.CreateNoWindow = true;
            foreach ((string name, string? value) in endpoint.Environment)
            {
                // To .NET 8 a variable set to null is an empty one.
                if (value is null)
                {
                    start.Environment.Remove(name);
                }
                else
                {
                    start.Environment[name] = value;
                }
            }

            Process process = Process.Start(start) ?? throw new Win32Exception("The system started no process.");
            return new ServerProcess(process, ownGroup, errorLine);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            throw new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"The command '{endpoint.Command}' could not be started: {exception.Message} Check that it is an executable you may run, and that the working directory exists.",
                exception);
        }
    }

    /// <summary>Waits for the process to end by itself.</summary>
    /// <param name="limit">How long to wait.</param>
    /// <returns>Whether it has ended.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan limit)
    {
        try
        {
            await _exited.WaitAsync(limit).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// The last lines of the standard error, oldest first. Waits a moment for a process that is just ending, so that they
    /// are all there and <see cref="ExitCode"/> is known.
    /// </summary>
    public async Task<IReadOnlyList<string>> LastErrorLinesAsync()
    {
        await MomentAsync(Task.WhenAll(_exited, _readingErrors)).ConfigureAwait(false);
        lock (_errorLines)
        {
            return [.. _errorLines];
        }
    }

    /// <summary>Says that it is about to be told to leave: an exit of this process gives it the time for it.</summary>
    public void AnnounceEnd() => _isLeaving = true;

    /// <summary>Closes the standard input, waits for the server to leave, and ends what is left of its tree.</summary>
    public ValueTask DisposeAsync() => new(_ended.Value);

    /// <summary>Ends the process and all it has started, now.</summary>
    public void Kill()
    {
        try
        {
            if (!_process.HasExited)
            {
                ProcessTree.Kill(_process);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile, or a descendant could not be ended by its parent chain: the group below gets it.
        }

        if (_ownGroup)
        {
            // Also those whose parent has left: they still belong to the group.
            ProcessTree.KillGroup(Id);
        }
    }

    private static void EndAll()
    {
        foreach (ServerProcess server in Running.Keys)
        {
            // One that is leaving has its time all the same.
            if (!server._isLeaving || !server._ended.Value.Wait(ExitGrace + TerminationGrace + ReportGrace))
            {
                server.Kill();
            }
        }
    }

    private async Task EndAsync()
    {
        // On a thread of its own: the pipe may be full, and closing it then waits for the server to read.
        Task closing = Task.Run(CloseInput);
        if (!await WaitForExitAsync(ExitGrace).ConfigureAwait(false) && !OperatingSystem.IsWindows())
        {
            ProcessTree.Terminate(Id, _ownGroup);
            await WaitForExitAsync(TerminationGrace).ConfigureAwait(false);
        }

        Kill();
        Running.TryRemove(this, out _);
        await MomentAsync(Task.WhenAll(_exited, _readingErrors, closing)).ConfigureAwait(false);
        _process.Dispose();
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // The pipe is broken already: the server is gone or going.
        }
    }

    private static Task<Task> MomentAsync(Task task) => Task.WhenAny(task, Task.Delay(ReportGrace));

    private static Task<int> ExitOf(Process process)
    {
        var exited = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) =>
        {
            try
            {
                exited.TrySetResult(process.ExitCode);
            }
            catch (InvalidOperationException)
            {
                // It was let go of at this very moment, and nobody asks any more.
            }
        };

        // Raised at once where it has ended already.
        process.EnableRaisingEvents = true;
        return exited.Task;
    }

    private static bool UseOwnSession(ProcessStartInfo start)
    {
        (string? program, string[] arguments) =
            OperatingSystem.IsLinux() ? (CommandLine.Find("setsid"), Array.Empty<string>())
            : OperatingSystem.IsMacOS() ? ("/usr/bin/perl", ["-e", "use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV or die $!"])
            : (null, Array.Empty<string>());
        if (program is null || !File.Exists(program))
        {
            return false;
        }

        // The new program image replaces setsid, so the process id stays that of the server.
        List<string> rest = [.. arguments, start.FileName, .. start.ArgumentList];
        start.FileName = program;
        start.ArgumentList.Clear();
        rest.ForEach(start.ArgumentList.Add);
        return true;
    }

    private void ReadErrors(Action<string>? errorLine)
    {
        try
        {
            var lines = new ClippedLines(_process.StandardError, LongestErrorLine);
            while (lines.Read() is { } line)
            {
                lock (_errorLines)
                {
                    if (_errorLines.Count == KeptErrorLines)
                    {
                        _errorLines.Dequeue();
                    }

                    _errorLines.Enqueue(line);
                }

                errorLine?.Invoke(line);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The stream went away with the process.
        }
    }
}
