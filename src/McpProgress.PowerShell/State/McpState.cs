using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;
using McpProgress.PowerShell.Events;

namespace McpProgress.PowerShell.State;

/// <summary>What one runspace has open. Another runspace, such as a thread job's, has its own.</summary>
internal sealed class McpState
{
    /// <summary>The id of a process's first runspace, which a shell closes as it exits.</summary>
    private const int FirstRunspace = 1;

    private static readonly ConditionalWeakTable<Runspace, McpState> States = [];

    private readonly object _lock = new();
    private readonly List<McpConnection> _connections = [];
    private readonly List<McpProgressServer> _servers = [];
    private readonly List<McpJob> _jobs = [];
    private readonly List<McpEventLog> _logs = [];

    private McpState(Runspace runspace) => Handlers = new EventHandlers(Events, runspace);

    /// <summary>All that happens on the connections of the runspace.</summary>
    public EventHub Events { get; } = new();

    /// <summary>Who is told of it.</summary>
    public EventHandlers Handlers { get; }

    /// <summary>The connections, oldest first.</summary>
    public IReadOnlyList<McpConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    /// <summary>The servers started here and not stopped since, oldest first.</summary>
    public IReadOnlyList<McpProgressServer> Servers
    {
        get
        {
            lock (_lock)
            {
                // A stdio server is its connection: closing the one has stopped the other.
                _servers.RemoveAll(server => server.IsClosed);
                return [.. _servers];
            }
        }
    }

    /// <summary>The background work of the runspace.</summary>
    public BackgroundTasks Tasks { get; } = new(TaskRegistry.Default);

    /// <summary>The jobs that were not removed, oldest first.</summary>
    public IReadOnlyList<McpJob> Jobs
    {
        get
        {
            lock (_lock)
            {
                return [.. _jobs];
            }
        }
    }

    /// <summary>The event logs that are being written.</summary>
    public IReadOnlyList<McpEventLog> Logs
    {
        get
        {
            lock (_lock)
            {
                return [.. _logs];
            }
        }
    }

    /// <summary>The newest open connection: what a cmdlet uses when no server is named.</summary>
    public McpConnection? Default => Connections.LastOrDefault(connection => connection.IsOpen);

    /// <summary>The state of a runspace; null while it has none.</summary>
    public static McpState? Existing(Runspace runspace) => States.TryGetValue(runspace, out McpState? state) ? state : null;

    /// <summary>The state of a runspace. It is closed with the runspace.</summary>
    public static McpState For(Runspace runspace) => States.GetValue(runspace, static of =>
    {
        var state = new McpState(of);
        of.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is System.Management.Automation.Runspaces.RunspaceState.Closed or System.Management.Automation.Runspaces.RunspaceState.Broken)
            {
                state.CloseAll(exits: of.Id == FirstRunspace);
            }
        };
        return state;
    });

    /// <summary>Takes a new connection in: from now on it is the default, and those that had its name and have ended are gone.</summary>
    public void Add(McpConnection connection)
    {
        McpConnection[] ended;
        lock (_lock)
        {
            ended = [.. _connections.Where(known => !known.IsOpen && string.Equals(known.Name, connection.Name, StringComparison.OrdinalIgnoreCase))];
            _connections.RemoveAll(ended.Contains);
            _servers.RemoveAll(server => server.IsLost && ended.Contains(server.Connection));
            _connections.Add(connection);
        }

        connection.Core.LogReceived += message => BackgroundTasks.Log(connection.Core, message);
        Tasks.Reconnected(connection.Core);
        foreach (McpConnection old in ended)
        {
            // Nobody has to wait until it has let go of what it still holds.
            _ = old.Core.DisposeAsync().AsTask();
        }
    }

    /// <summary>Takes a new log in.</summary>
    public void Add(McpEventLog log)
    {
        lock (_lock)
        {
            _logs.Add(log);
        }
    }

    /// <summary>Forgets a log.</summary>
    public void Remove(McpEventLog log)
    {
        lock (_lock)
        {
            _logs.Remove(log);
        }
    }

    /// <summary>Takes a new job in, until it is removed.</summary>
    public void Add(McpJob job)
    {
        lock (_lock)
        {
            _jobs.Add(job);
        }

        job.Removed += removed =>
        {
            lock (_lock)
            {
                _jobs.Remove(removed);
            }
        };
    }

    /// <summary>Forgets a connection.</summary>
    public void Remove(McpConnection connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Takes a started server in.</summary>
    public void Add(McpProgressServer server)
    {
        lock (_lock)
        {
            _servers.Add(server);
        }
    }

    /// <summary>Forgets a server and the connection that was made with it.</summary>
    public void Remove(McpProgressServer server)
    {
        lock (_lock)
        {
            _servers.Remove(server);
            if (server.Connection is { } connection)
            {
                _connections.Remove(connection);
            }
        }
    }

    /// <summary>A name that no open connection and no server has: the given one, or with a number behind it.</summary>
    public string FreeName(string name)
    {
        HashSet<string> taken = new(
            Connections.Where(connection => connection.IsOpen).Select(connection => connection.Name)
                .Concat(Servers.Where(server => !server.IsLost).Select(server => server.Name)),
            StringComparer.OrdinalIgnoreCase);
        return !taken.Contains(name) ? name : Enumerable.Range(2, taken.Count + 1).Select(number => $"{name}-{number}").First(free => !taken.Contains(free));
    }

    /// <summary>The connection a user means.</summary>
    /// <param name="server">A connection, a name, or null for the newest one.</param>
    /// <exception cref="McpFailureException">McpServerNotFound.</exception>
    public McpConnection Resolve(object? server)
    {
        switch (server)
        {
            case null:
                return Default ?? throw new McpFailureException(
                    ErrorIds.ServerNotFound, "There is no open connection. Make one with Connect-McpServer, or start the sample server with Start-McpProgressServer -Stdio -Connect.");

            case McpConnection connection:
                return connection;

            default:
                string name = server.ToString() ?? "";
                return Connections.LastOrDefault(connection => string.Equals(connection.Name, name, StringComparison.OrdinalIgnoreCase))
                    ?? throw NotFound(
                        name, "connection", [.. Connections.Select(connection => connection.Name)], "No connection is open: make one with Connect-McpServer.");
        }
    }

    /// <summary>The server a user means.</summary>
    /// <param name="server">A server, a name, or null for the newest one.</param>
    /// <exception cref="McpFailureException">McpServerNotFound.</exception>
    public McpProgressServer ResolveServer(object? server)
    {
        const string None = "No server was started here: start one with Start-McpProgressServer.";
        switch (server)
        {
            case null:
                return Servers is [.., McpProgressServer newest] ? newest : throw new McpFailureException(ErrorIds.ServerNotFound, None);

            case McpProgressServer started:
                return started;

            default:
                string name = server.ToString() ?? "";
                return Servers.LastOrDefault(started => string.Equals(started.Name, name, StringComparison.OrdinalIgnoreCase))
                    ?? throw NotFound(name, "server", [.. Servers.Select(started => started.Name)], None);
        }
    }

    /// <summary>Closes everything the runspace has open.</summary>
    /// <param name="exits">The shell exits: its servers may leave while it does, and are gone when it is (see <see cref="ServerProcess"/>).</param>
    public void CloseAll(bool exits = false)
    {
        McpConnection[] connections;
        McpProgressServer[] servers;
        McpEventLog[] logs;
        lock (_lock)
        {
            (connections, servers, logs) = ([.. _connections], [.. _servers], [.. _logs]);
            _connections.Clear();
            _servers.Clear();
            _logs.Clear();
        }

        // All at once: each server may take its time to leave.
        bool mayLeaveLater = exits && logs.Length == 0;
        var closing = new List<Task>();
        foreach (McpConnection connection in connections)
        {
            Task closed = connection.Core.DisposeAsync().AsTask();
            if (!mayLeaveLater || connection.ProcessId is null)
            {
                closing.Add(closed);
            }
        }

        closing.AddRange(servers.Select(server => server.StopAsync()));
        Task.WaitAll([.. closing]);

        // The logs last: they also tell of the end of the connections.
        Task.WaitAll([.. logs.Select(log => log.Core.DisposeAsync().AsTask())]);
    }

    private static McpFailureException NotFound(string name, string kind, IReadOnlyList<string> names, string none)
    {
        IReadOnlyList<string> near = NearestNames.Find(name, names);
        string hint = near.Count > 0 ? $"Did you mean {string.Join(", ", near)}?"
            : names.Count > 0 ? $"There are: {string.Join(", ", names)}."
            : none;
        return new McpFailureException(ErrorIds.ServerNotFound, $"No {kind} is named '{name}'. {hint}");
    }
}
