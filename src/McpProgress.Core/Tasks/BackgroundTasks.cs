using System.Text.Json.Nodes;
using McpProgress.Core.Connections;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>The background work of one session: starts it, takes it up again, and brings it over to new connections.</summary>
/// <param name="registry">Keeps tasks for later sessions; null keeps none.</param>
public sealed class BackgroundTasks(TaskRegistry? registry)
{
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(1);

    // Of all sessions: they may share a connection, whose log only the one that opened it hears.
    private static readonly List<(BackgroundTasks Session, BackgroundTask Task, ConnectionSlot Slot)> AllRunning = [];

    /// <summary>
    /// Starts a tool in the background. Returns when the server has it, or has not said so for a second: a server that does
    /// not make background work of a call answers only when the tool is done.
    /// </summary>
    /// <param name="connection">The connection to use.</param>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Attached before anything can happen; null for none.</param>
    /// <param name="cancellationToken">Gives up on the start.</param>
    /// <exception cref="McpFailureException">The way asked for is not there, or the server refused the call.</exception>
    public async Task<BackgroundTask> StartAsync(
        ServerConnection connection, BackgroundRequest request, Action<BackgroundTask>? observer = null, CancellationToken cancellationToken = default)
    {
        BackgroundKind kind = request.Kind is { } pinned
            ? Check(connection, request.Tool, pinned)
            : await ChooseAsync(connection, request.Tool, cancellationToken).ConfigureAwait(false);
        string id = Guid.NewGuid().ToString();
        var task = new BackgroundTask(
            id, kind, connection.Name, connection.Key, request.Tool.Name, connection.Time.GetUtcNow(), connection.Time, connection.Events, connection.ScopeOf(taskId: id))
        {
            Observer = request.Observer,
        };
        if (observer is not null)
        {
            task.Changed += observer;
        }

        var slot = new ConnectionSlot(connection);
        TaskDriver driver = kind switch
        {
            BackgroundKind.ExtensionTask => new ExtensionTaskDriver(task, slot, request, registry),
            BackgroundKind.Task => new TaskDriver2025(task, slot, request, registry),
            BackgroundKind.Mcpc => new McpcDriver(task, slot, request),
            _ => new CallDriver(task, slot, request),
        };
        await RunAsync(task, slot, driver, cancellationToken).ConfigureAwait(false);
        return task;
    }

    /// <summary>Takes up a task of an earlier session.</summary>
    /// <param name="connection">A connection to the server that has it.</param>
    /// <param name="record">What was kept of it.</param>
    /// <param name="responder">Answers questions; null leaves them to <see cref="BackgroundTask.Answer"/>.</param>
    /// <exception cref="McpFailureException">McpInvalidArgument: this kind of work cannot be taken up, or not over this connection.</exception>
    public BackgroundTask Resume(ServerConnection connection, TaskRecord record, InputResponder? responder = null)
    {
        CheckCarries(connection, record.Kind, record.Id);
        var task = new BackgroundTask(
            record.Id, record.Kind, record.ServerName, record.ServerKey, record.Tool, record.CreatedAt, connection.Time, connection.Events, connection.ScopeOf(taskId: record.Id));
        task.Update(state => state with
        {
            StatusMessage = record.StatusMessage,
            ExpiresAt = record.ExpiresAt,
            PollInterval = record.PollIntervalMs is { } interval ? TimeSpan.FromMilliseconds(interval) : null,
        });
        var slot = new ConnectionSlot(connection);
        TaskDriver driver = record.Kind switch
        {
            BackgroundKind.ExtensionTask => new ExtensionTaskDriver(task, slot, null, registry) { Responder = responder },
            BackgroundKind.Task => new TaskDriver2025(task, slot, null, registry) { Responder = responder },
            _ => throw new McpFailureException(ErrorIds.InvalidArgument, $"The task '{record.Id}' lived on its connection and cannot be taken up again."),
        };
        _ = RunAsync(task, slot, driver, CancellationToken.None);
        return task;
    }

    /// <summary>Says that there is a new connection: tasks that lost theirs to the same server go on over it.</summary>
    public void Reconnected(ServerConnection connection)
    {
        foreach ((_, BackgroundTask task, ConnectionSlot slot) in Running())
        {
            if (task.ServerKey != connection.Key || !slot.IsLost)
            {
                continue;
            }

            if (Carries(connection, task.Kind))
            {
                Move(task, slot, connection);
            }
            else
            {
                task.Update(state => state with { Trouble = NotCarried(connection, task.Kind, task.Id) });
            }
        }
    }

    /// <summary>Lets a task that lost its connection go on over another one; one that has a connection keeps it.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument: it cannot be asked for over that connection.</exception>
    public void Continue(BackgroundTask task, ServerConnection connection)
    {
        if (Running().FirstOrDefault(running => running.Task == task) is { Slot: { IsLost: true } slot })
        {
            CheckCarries(connection, task.Kind, task.Id);
            Move(task, slot, connection);
        }
    }

    /// <summary>Whether a task of an earlier session, or of a lost connection, can be asked for over a connection.</summary>
    public static bool Carries(ServerConnection connection, BackgroundKind kind) => kind switch
    {
        BackgroundKind.ExtensionTask => OffersExtension(connection),
        BackgroundKind.Task => OffersTasks(connection),
        _ => true,
    };

    /// <summary>The work that a log message of a connection belongs to; null for none, or where nobody can tell.</summary>
    /// <remarks>
    /// A server of this project says it by the call's token, others of revision 2025-11-25 by the task's id. From a server that
    /// says neither it can only be that of the one piece of work there is.
    /// </remarks>
    public static BackgroundTask? OwnerOf(ServerConnection connection, ServerLogMessage message)
    {
        lock (AllRunning)
        {
            IEnumerable<BackgroundTask> there = AllRunning.Where(running => running.Slot.Current == connection).Select(running => running.Task);
            if (message.IsRelated)
            {
                return there.FirstOrDefault(task =>
                    (message.ProgressToken is { } token && task.ProgressToken == token) || (message.TaskId is { } id && task.Id == id));
            }

            BackgroundTask[] first = [.. there.Take(2)];
            return first.Length == 1 ? first[0] : null;
        }
    }

    /// <summary>Brings a log message to the work it belongs to.</summary>
    public static void Log(ServerConnection connection, ServerLogMessage message) => OwnerOf(connection, message)?.Log(message);

    private async Task RunAsync(BackgroundTask task, ConnectionSlot slot, TaskDriver driver, CancellationToken cancellationToken)
    {
        lock (AllRunning)
        {
            AllRunning.Add((this, task, slot));
        }

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = driver.RunAsync(started).ContinueWith(
            _ =>
            {
                lock (AllRunning)
                {
                    AllRunning.Remove((this, task, slot));
                }
            },
            TaskScheduler.Default);
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static state => ((BackgroundTask)state!).Cancel(), task);
        try
        {
            await started.Task.WaitAsync(StartGrace, slot.Current.Time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on; how it ends is in the task.
        }
    }

    private static void Move(BackgroundTask task, ConnectionSlot slot, ServerConnection connection)
    {
        slot.Replace(connection);

        // At once, and not when the server has answered: who connects may wait for the task next.
        task.Update(state => slot.IsEnded ? state : state with { Trouble = null, IsDisconnected = false });
    }

    private static void CheckCarries(ServerConnection connection, BackgroundKind kind, string id)
    {
        if (!Carries(connection, kind))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, NotCarried(connection, kind, id));
        }
    }

    private static string NotCarried(ServerConnection connection, BackgroundKind kind, string id)
    {
        string revision = kind == BackgroundKind.Task ? "2025-11-25" : "2026-07-28";
        return $"The task '{id}' is one of revision {revision}, which the new connection '{connection.Name}' "
            + (connection.ProtocolVersion == revision ? "speaks without tasks." : $"does not speak. Connect with -ProtocolVersion {revision} to go on with it.");
    }

    private (BackgroundTasks Session, BackgroundTask Task, ConnectionSlot Slot)[] Running()
    {
        lock (AllRunning)
        {
            return [.. AllRunning.Where(running => running.Session == this)];
        }
    }

    // Best first: what survives a lost connection, then what leaves the connection free, then what every server can.
    private static async Task<BackgroundKind> ChooseAsync(ServerConnection connection, ToolDescriptor tool, CancellationToken cancellationToken)
    {
        if (OffersExtension(connection))
        {
            return BackgroundKind.ExtensionTask;
        }

        if (OffersTasks(connection) && RunsAsTask(tool))
        {
            return BackgroundKind.Task;
        }

        if (connection.IsStateless)
        {
            return BackgroundKind.Call;
        }

        return await connection.Mcpc.GetSupportAsync(cancellationToken).ConfigureAwait(false) is null ? BackgroundKind.Call : BackgroundKind.Mcpc;
    }

    private static BackgroundKind Check(ServerConnection connection, ToolDescriptor tool, BackgroundKind pinned) => pinned switch
    {
        BackgroundKind.ExtensionTask when !OffersExtension(connection) =>
            throw NotOffered($"Server '{connection.Name}', which speaks revision {connection.ProtocolVersion}, does not offer the tasks extension of revision 2026-07-28."),
        BackgroundKind.Task when !OffersTasks(connection) =>
            throw NotOffered($"Server '{connection.Name}', which speaks revision {connection.ProtocolVersion}, does not offer the tasks of revision 2025-11-25."),
        BackgroundKind.Task when !RunsAsTask(tool) => throw NotOffered($"The tool '{tool.Name}' of server '{connection.Name}' does not run as a task."),
        _ => pinned,
    };

    internal static bool OffersExtension(ServerConnection connection) =>
        connection.IsStateless && connection.Capabilities.Member("extensions").Member(ExtensionTaskDriver.Extension) is not null;

    private static bool OffersTasks(ServerConnection connection) => !connection.IsStateless && connection.Capabilities.Member("tasks") is JsonObject;

    private static bool RunsAsTask(ToolDescriptor tool) => tool.TaskSupport is "optional" or "required";

    private static McpFailureException NotOffered(string why) => new(ErrorIds.InvalidArgument, $"{why} Leave -Mode out to use what it has.");
}
