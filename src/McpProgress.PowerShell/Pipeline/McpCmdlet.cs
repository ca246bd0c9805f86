using System.Management.Automation;
using System.Management.Automation.Runspaces;
using McpProgress.Core;
using McpProgress.Core.Authorization;
using McpProgress.Core.Connections;
using McpProgress.Core.Transport;
using McpProgress.PowerShell.Conversion;
using McpProgress.PowerShell.Events;
using McpProgress.PowerShell.State;

namespace McpProgress.PowerShell.Pipeline;

/// <summary>What every cmdlet of the module shares: its runspace's connections, asynchronous work, and errors.</summary>
public abstract class McpCmdlet : PSCmdlet, IDisposable
{
    private readonly object _stopLock = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <summary>The connections and servers of this runspace.</summary>
    internal static McpState State => McpState.For(Runspace.DefaultRunspace);

    /// <summary>The version of the module, told to servers.</summary>
    internal static string ModuleVersion { get; } = typeof(McpCmdlet).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The folder the user is in; the process's own when the location is no folder.</summary>
    internal string CurrentFolder =>
        SessionState.Path.CurrentLocation.Provider.Name == "FileSystem" ? SessionState.Path.CurrentFileSystemLocation.ProviderPath : System.Environment.CurrentDirectory;

    /// <summary>Fires when the pipeline is stopped.</summary>
    internal CancellationToken Stop => _stop.Token;

    /// <summary>Releases what the cmdlet holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ctrl+C, from another thread: the work in progress sees it at once.</summary>
    protected override void StopProcessing()
    {
        // The engine may dispose the cmdlet while it is still stopping it.
        lock (_stopLock)
        {
            if (!_disposed)
            {
                _stop.Cancel();
            }
        }
    }

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        lock (_stopLock)
        {
            if (!_disposed)
            {
                _disposed = true;
                _stop.Dispose();
            }
        }
    }

    /// <summary>Waits for asynchronous work that writes nothing.</summary>
    private protected T Await<T>(Func<CancellationToken, Task<T>> work)
    {
        T result = default!;
        Run(async (_, cancellationToken) => result = await work(cancellationToken).ConfigureAwait(false));
        return result;
    }

    /// <summary>Runs asynchronous work that writes through <see cref="PipelinePump.Post"/>.</summary>
    /// <param name="work">The work.</param>
    /// <param name="whenSlow">Done on the pipeline thread if the work takes its time.</param>
    private protected void Run(Func<PipelinePump, CancellationToken, Task> work, Action? whenSlow = null)
    {
        var pump = new PipelinePump(whenSlow);
        Pump(pump, () => pump.Run(() => work(pump, _stop.Token), _stop));
    }

    /// <summary>Carries out what is posted to a pump until something has happened.</summary>
    private protected void Run(PipelinePump pump, Task happened) => Pump(pump, () => pump.RunUntil(happened, _stop));

    private void Pump(PipelinePump pump, Action run)
    {
        EventHandlers handlers = State.Handlers;
        handlers.Enter(pump, WriteWarning);
        try
        {
            run();
        }
        catch (Exception exception) when (Stopping && exception is McpFailureException { ErrorId: ErrorIds.Cancelled } or OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            handlers.Leave();
        }
    }

    /// <summary>Connects, and makes the connection the default.</summary>
    /// <exception cref="McpFailureException">McpConnectionFailed or McpCancelled.</exception>
    private protected McpConnection Open(string name, ServerEndpoint endpoint, ConnectionOptions options)
    {
        if (endpoint is not StdioEndpoint stdio)
        {
            return Open(name, options, (freeName, here, cancellationToken) => ServerConnection.ConnectAsync(freeName, endpoint, here, cancellationToken));
        }

        // Before all else: the rest is prepared while the server starts.
        var process = ServerProcess.Start(stdio);
        try
        {
            return Open(name, options, (freeName, here, cancellationToken) => ServerConnection.ConnectAsync(freeName, stdio, process, here, cancellationToken));
        }
        catch
        {
            // Nobody waits for it. Where the connection has ended it already, nothing is left to do.
            _ = process.DisposeAsync().AsTask();
            throw;
        }
    }

    private McpConnection Open(string name, ConnectionOptions options, Func<string, ConnectionOptions, CancellationToken, Task<ServerConnection>> connect)
    {
        McpState state = State;
        string freeName = state.FreeName(name);
        ConnectionOptions here = options with
        {
            Events = state.Events,
            Warned = state.Handlers.WarnNow,
            SignInStarted = notice => state.Handlers.WarnNow(SignInText(freeName, notice)),
        };
        var connection = new McpConnection(Await(cancellationToken => connect(freeName, here, cancellationToken)));
        state.Add(connection);
        return connection;
    }

    /// <summary>Says so when the cmdlet is not that of the copy of the module that the user has imported last.</summary>
    private protected void WarnOfAnotherCopy()
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (MyInvocation.MyCommand.Module is { Name: "McpProgress", ModuleBase: { } folder } && !string.Equals(Path.GetFullPath(folder), ModuleFolder.Root, comparison))
        {
            WriteWarning($"This process runs the copy of McpProgress that was imported first, from '{ModuleFolder.Root}'. Start a new one for that in '{folder}'.");
        }
    }

    private static string SignInText(string name, SignInNotice notice) => notice.BrowserOpened
        ? $"Server '{name}' wants you to sign in: go on in the browser. If none has opened, open this address on this machine: {notice.Address.AbsoluteUri}"
        : $"Server '{name}' wants you to sign in. Open this address in a browser on this machine: {notice.Address.AbsoluteUri}";

    /// <summary>The connection a user means: a connection, a name, or null for the newest one.</summary>
    /// <exception cref="McpFailureException">McpServerNotFound.</exception>
    private protected static McpConnection Resolve(object? server) => State.Resolve(PlainValue.BaseOf(server));

    /// <summary>
    /// What <c>-Server</c> names: objects, names, and all that a name with wildcards fits, which may be none; one null, the
    /// newest, where it was left out. (The parameters themselves refuse null: a variable that is empty by mistake means no server.)
    /// </summary>
    /// <param name="servers">The parameter.</param>
    /// <param name="all">All there are; their text is their name.</param>
    private protected static IEnumerable<object?> Named(object[]? servers, IReadOnlyList<object> all)
    {
        return (servers ?? new object?[] { null }).SelectMany(server => PlainValue.BaseOf(server) is string name && WildcardPattern.ContainsWildcardCharacters(name) ? Matching(name) : [server]);

        object?[] Matching(string name)
        {
            Func<string, bool> isMeant = Naming(name);
            return [.. all.Where(one => isMeant($"{one}"))];
        }
    }

    /// <summary>Whether a name is the one meant, or one that the wildcards fit: a tool, and http://[::1]:8000, may have brackets in its name.</summary>
    private protected static Func<string, bool> Naming(string pattern)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        return name => string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase) || wildcard.IsMatch(name);
    }

    private protected void WriteFailure(McpFailureException failure, object? target = null) => WriteError(FailureRecord.Of(failure, target));
}
