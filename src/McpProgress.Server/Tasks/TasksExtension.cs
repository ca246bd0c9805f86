using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Progress;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tasks;

/// <summary>The extension <c>io.modelcontextprotocol/tasks</c> (SEP-2663), with revision 2026-07-28.</summary>
internal sealed class TasksExtension(TaskManager tasks, ToolServerOptions options)
{
    /// <summary>The extension's name.</summary>
    public const string Name = "io.modelcontextprotocol/tasks";

    private const string Notification = "notifications/tasks";

    /// <summary>Whether a call becomes a task: the client declares the extension with it, and the tool has no objection.</summary>
    /// <exception cref="McpProtocolException">The tool runs as a task only.</exception>
    public static bool Wants(IncomingRequest request, ServerTool tool)
    {
        return request.IsModern && (request.Declares(Name), tool.TaskSupport) switch
        {
            (true, var support) => support != TaskSupport.Forbidden,
            (false, TaskSupport.Required) => throw Undeclared($"The tool '{tool.Name}' runs as a task only"),
            _ => false,
        };
    }

    /// <summary>Answers a call by creating a task, and runs it.</summary>
    /// <param name="request">The call.</param>
    /// <param name="tool">The tool, prepared.</param>
    /// <param name="arguments">What it was prepared with.</param>
    /// <param name="cancelled">Cancels the answer; the task has its own life.</param>
    public async Task CallAsync(IncomingRequest request, ServerTool tool, ToolArguments arguments, CancellationToken cancelled)
    {
        RunningTask? task = null;
        try
        {
            task = await tasks.CreateAsync(tool, wantedTtl: null, new TaskOrigin(request.Session, request.Client, SendsLogs: false, Progress: null)).ConfigureAwait(false);
            await request.AnswerAsync(TaskJson.ToCreated(task.Record, tasks.PollInterval), cancelled).ConfigureAwait(false);
        }
        catch
        {
            // No client knows of it.
            arguments.Begun?.Dispose();
            await (task is null ? Task.CompletedTask : tasks.CancelAsync(task)).ConfigureAwait(false);
            throw;
        }

        tasks.Run(task, tool, arguments, prepared: true);
    }

    /// <summary>Answers <c>tasks/get</c>.</summary>
    public async Task<JsonObject> GetAsync(IncomingRequest request)
    {
        var record = await FindAsync(request).ConfigureAwait(false);
        return ToState(record, tasks.FindRunning(record.Id));
    }

    /// <summary>Answers <c>tasks/update</c>: hands answers over, each to its question; those nobody waits for are ignored.</summary>
    public async Task<JsonObject> UpdateAsync(IncomingRequest request)
    {
        var record = await FindAsync(request).ConfigureAwait(false);
        if (tasks.FindRunning(record.Id) is { } running)
        {
            foreach (var (key, answer) in request.Parameters["inputResponses"] as JsonObject ?? [])
            {
                try
                {
                    running.Answer(key, answer);
                }
                catch (FormatException failure)
                {
                    throw IncomingRequest.Invalid($"The answer '{key}' does not fit: {failure.Message}");
                }
            }
        }

        return [];
    }

    /// <summary>Answers <c>tasks/cancel</c>, also for a task that has ended: the client may not have heard of it yet.</summary>
    public async Task<JsonObject> CancelAsync(IncomingRequest request)
    {
        var record = await FindAsync(request).ConfigureAwait(false);
        if (tasks.FindRunning(record.Id) is { } running)
        {
            await tasks.CancelAsync(running).ConfigureAwait(false);
        }

        return [];
    }

    /// <summary>Answers <c>subscriptions/listen</c>: tells of the tasks it names until it is cancelled.</summary>
    public async Task<JsonObject> ListenAsync(IncomingRequest request, CancellationToken cancelled)
    {
        var wanted = ((request.Parameters["notifications"] as JsonObject)?["taskIds"] as JsonArray ?? [])
            .OfType<JsonValue>().Select(id => id.TryGetValue(out string? text) ? text : null).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        if (wanted.Length > 0 && !request.Declares(Name))
        {
            throw Undeclared("Notifications of tasks were asked for");
        }

        using var subscription = new TaskSubscription(request, options, cancelled);
        var granted = new JsonArray();
        foreach (var id in wanted)
        {
            if (await tasks.FindAsync(id).ConfigureAwait(false) is not null)
            {
                granted.Add((JsonNode)id);
            }
        }

        var notifications = new JsonObject();
        if (granted.Count > 0)
        {
            notifications["taskIds"] = granted.DeepClone();
        }

        await subscription.SendAsync("notifications/subscriptions/acknowledged", new JsonObject { ["notifications"] = notifications }).ConfigureAwait(false);
        foreach (var id in granted.Select(id => id!.GetValue<string>()))
        {
            // Those that ended meanwhile are told of at once: their last change was before the subscription.
            if (tasks.FindRunning(id) is { } running)
            {
                subscription.Watch(running, record => ToState(record, running));
            }
            else if (await tasks.FindAsync(id).ConfigureAwait(false) is { } record)
            {
                await subscription.SendAsync(Notification, ToState(record, null)).ConfigureAwait(false);
            }
        }

        // It ends by being cancelled, and a cancelled request gets no answer.
        await Task.Delay(Timeout.InfiniteTimeSpan, cancelled).ConfigureAwait(false);
        return [];
    }

    private JsonObject ToState(TaskRecord record, RunningTask? running) => TaskJson.ToState(record, running?.Questions ?? [], tasks.PollInterval);

    private async Task<TaskRecord> FindAsync(IncomingRequest request)
    {
        if (!request.Declares(Name))
        {
            throw Undeclared($"The method '{request.Method}' belongs to an extension");
        }

        var id = request.Text("taskId");
        return await tasks.FindAsync(id).ConfigureAwait(false)
            ?? throw IncomingRequest.Invalid($"There is no task '{id}': it never was, or has expired.");
    }

    private static MissingRequiredClientCapabilityException Undeclared(string why) => new(
        new ClientCapabilities { Extensions = new Dictionary<string, object> { [Name] = new JsonObject() } },
        $"{why}: declare '{Name}' among the extensions of the request's client capabilities.");

    /// <summary>The notifications of one <c>subscriptions/listen</c> request, on its own stream.</summary>
    private sealed class TaskSubscription(IncomingRequest request, ToolServerOptions options, CancellationToken cancelled) : IDisposable
    {
        private readonly List<IDisposable> _watched = [];

        public Task SendAsync(string method, JsonObject parameters)
        {
            // Over stdio several subscriptions share one stream: this tells them apart.
            var meta = parameters["_meta"] as JsonObject ?? [];
            meta[MetaKeys.SubscriptionId] = JsonSerializer.SerializeToNode(request.Id, McpJsonUtilities.DefaultOptions);
            parameters["_meta"] ??= meta;
            return request.SendAsync(new JsonRpcNotification { Method = method, Params = parameters }, cancelled);
        }

        public void Watch(RunningTask task, Func<TaskRecord, JsonObject> toState)
        {
            var watch = new Watcher(this, task, toState, options, cancelled);
            _watched.Add(watch);
            watch.Tell(task.Record);
        }

        public void Dispose() => _watched.ForEach(watch => watch.Dispose());
    }

    // Progress is told of at the rate of progress; a change of state at once, and the end last.
    private sealed class Watcher : IDisposable
    {
        private readonly TaskSubscription _subscription;
        private readonly RunningTask _task;
        private readonly Func<TaskRecord, JsonObject> _toState;
        private readonly CancellationToken _cancelled;
        private readonly ProgressReporter _reporter;

        public Watcher(TaskSubscription subscription, RunningTask task, Func<TaskRecord, JsonObject> toState, ToolServerOptions options, CancellationToken cancelled)
        {
            _subscription = subscription;
            _task = task;
            _toState = toState;
            _cancelled = cancelled;
            _reporter = new ProgressReporter(_ => new ValueTask(SendAsync()), options.ProgressRate, options.TimeProvider, cancelled);
            task.Changed += Tell;
        }

        // Sending never throws (see SendAsync), so there is nothing to observe.
        public void Tell(TaskRecord record) => _ = TellAsync(record.IsTerminal);

        private async Task TellAsync(bool last)
        {
            await _reporter.ReportAsync(default).ConfigureAwait(false);
            if (last)
            {
                await _reporter.CompleteAsync().ConfigureAwait(false);
            }
        }

        public void Dispose()
        {
            _task.Changed -= Tell;
            _reporter.Dispose();
        }

        // What is sent is the state of the moment, not that of the report.
        private async Task SendAsync()
        {
            try
            {
                await _subscription.SendAsync(Notification, _toState(_task.Record)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
            {
                // The subscription has ended in the middle of it.
            }
        }
    }
}
