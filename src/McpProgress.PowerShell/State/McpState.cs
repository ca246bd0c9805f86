using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.Core.Tasks;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.PowerShell.State;

/// <summary>What one runspace has open. Another runspace, such as a thread job's, has its own.</summary>
internal sealed class McpState
{
    private static readonly ConditionalWeakTable<Runspace, McpState> States = [];

    private readonly object _lock = new();
    private readonly List<McpConnection> _connections = [];
    private readonly List<McpJob> _jobs = [];

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

    /// <summary>The newest open connection: what a cmdlet uses when no server is named.</summary>
    public McpConnection? Default => Connections.LastOrDefault(connection => connection.Status == ConnectionStatus.Connected.ToString());

    /// <summary>The state of a runspace. It is closed with the runspace.</summary>
    public static McpState For(Runspace runspace) => States.GetValue(runspace, static of =>
    {
        var state = new McpState();
        of.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is System.Management.Automation.Runspaces.RunspaceState.Closed or System.Management.Automation.Runspaces.RunspaceState.Broken)
            {
                state.CloseAll();
            }
        };
        return state;
    });

    /// <summary>Takes a new connection in: from now on it is the default.</summary>
    public void Add(McpConnection connection)
    {
        lock (_lock)
        {
            _connections.Add(connection);
        }

        connection.Core.LogReceived += message => Log(connection, message);
        Tasks.Reconnected(connection.Core);
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

    /// <summary>A name that no open connection has yet: the given one, or with a number behind it.</summary>
    public string FreeName(string name)
    {
        HashSet<string> taken = new(Connections.Select(connection => connection.Name), StringComparer.OrdinalIgnoreCase);
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
                    ?? throw NotFound(name);
        }
    }

    /// <summary>Closes everything the runspace has open.</summary>
    public void CloseAll()
    {
        foreach (McpConnection connection in Connections)
        {
            Remove(connection);
            connection.Core.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // A log message does not say which call it belongs to: it is a job's only when that job is the only one there.
    private void Log(McpConnection connection, ServerLogMessage message)
    {
        McpJob[] running;
        lock (_lock)
        {
            running = [.. _jobs.Where(job => job.Core is { State.IsTerminal: false } core && core.ServerName == connection.Name).Take(2)];
        }

        if (running.Length == 1)
        {
            running[0].Log(message);
        }
    }

    private McpFailureException NotFound(string name)
    {
        IReadOnlyList<string> names = [.. Connections.Select(connection => connection.Name)];
        IReadOnlyList<string> near = NearestNames.Find(name, names);
        string hint = near.Count > 0 ? $"Did you mean {string.Join(", ", near)}?"
            : names.Count > 0 ? $"Open are: {string.Join(", ", names)}."
            : "No connection is open: make one with Connect-McpServer.";
        return new McpFailureException(ErrorIds.ServerNotFound, $"No connection is named '{name}'. {hint}");
    }
}
