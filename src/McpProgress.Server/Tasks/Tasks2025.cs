using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Progress;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tasks;

/// <summary>Tasks of revision 2025-11-25 (specification, basic/utilities/tasks; SEP-1686), which the SDK no longer has.</summary>
internal sealed class Tasks2025(TaskManager tasks, ToolServerOptions options)
{
    private const string StatusNotification = "notifications/tasks/status";

    /// <summary>The capability <c>tasks</c>.</summary>
    public static JsonObject Capability() => new()
    {
        ["list"] = new JsonObject(),
        ["cancel"] = new JsonObject(),
        ["requests"] = new JsonObject { ["tools"] = new JsonObject { ["call"] = new JsonObject() } },
    };

    /// <summary>Whether a call is to be a task.</summary>
    /// <exception cref="McpProtocolException">The client wants what the tool does not offer.</exception>
    public static bool Wants(IncomingRequest request, ServerTool tool)
    {
        if (!request.HasTasks2025)
        {
            return false;
        }

        var wants = request.Parameters["task"] is JsonObject;
        return (wants, tool.TaskSupport) switch
        {
            (true, TaskSupport.Forbidden) => throw new McpProtocolException($"The tool '{tool.Name}' does not run as a task. Call it without 'task'.", McpErrorCode.MethodNotFound),
            (false, TaskSupport.Required) => throw new McpProtocolException($"The tool '{tool.Name}' runs as a task only. Call it with 'task'.", McpErrorCode.MethodNotFound),
            _ => wants,
        };
    }

    /// <summary>Answers a call by creating a task, and runs it.</summary>
    public async Task CallAsync(IncomingRequest request, ServerTool tool, JsonObject? arguments, CancellationToken cancelled)
    {
        // First of all, because it may fail.
        var values = new ToolArguments(arguments.ToElements());
        var task = await tasks.CreateAsync(tool, Ttl(request), OriginOf(request)).ConfigureAwait(false);
        WatchStatus(task, request.Session);
        await request.AnswerAsync(new JsonObject { ["task"] = ToWire(task.Record) }, cancelled).ConfigureAwait(false);
        tasks.Run(task, tool, values, prepared: false);
    }

    /// <summary>Answers <c>tasks/get</c>.</summary>
    public async Task<JsonObject> GetAsync(IncomingRequest request) => ToWire(await FindAsync(request).ConfigureAwait(false));

    /// <summary>Answers <c>tasks/list</c>.</summary>
    public async Task<JsonObject> ListAsync(IncomingRequest request)
    {
        var page = await tasks.ListAsync(request.TextOrNull("cursor")).ConfigureAwait(false);
        var json = new JsonObject { ["tasks"] = new JsonArray([.. page.Tasks.Select(ToWire)]) };
        if (page.NextCursor is { } next)
        {
            json["nextCursor"] = next;
        }

        return json;
    }

    /// <summary>Answers <c>tasks/cancel</c>; the task has ended then.</summary>
    public async Task<JsonObject> CancelAsync(IncomingRequest request)
    {
        var record = await FindAsync(request).ConfigureAwait(false);
        return tasks.FindRunning(record.Id) is { } running && await tasks.CancelAsync(running).ConfigureAwait(false)
            ? ToWire(running.Record)
            : throw IncomingRequest.Invalid($"The task '{record.Id}' has ended already and cannot be cancelled.");
    }

    /// <summary>Answers <c>tasks/result</c>: waits for the end, and puts the task's questions to the client meanwhile.</summary>
    public async Task<JsonObject> ResultAsync(IncomingRequest request, CancellationToken cancelled)
    {
        var record = await FindAsync(request).ConfigureAwait(false);
        if (tasks.FindRunning(record.Id) is { } running)
        {
            await PutQuestionsAsync(running, request, cancelled).ConfigureAwait(false);
            await running.Ended.WaitAsync(cancelled).ConfigureAwait(false);
            record = running.Record;
        }

        if (record.Result is not { } stored)
        {
            throw new McpProtocolException(record.Error?.Message ?? record.Message ?? "The task ended without a result.", (McpErrorCode)(record.Error?.Code ?? (int)McpErrorCode.InternalError));
        }

        var result = (JsonObject)JsonSerializer.SerializeToNode(stored)!;
        var meta = result["_meta"] as JsonObject ?? [];
        meta[ClientRequests.RelatedTaskKey] = new JsonObject { ["taskId"] = record.Id };
        result["_meta"] ??= meta;
        return result;
    }

    // On the stream of tasks/result, as the specification has it: the only one a client is sure to listen to.
    private static async Task PutQuestionsAsync(RunningTask task, IncomingRequest request, CancellationToken cancelled)
    {
        using var eitherEnd = CancellationTokenSource.CreateLinkedTokenSource(cancelled, task.Cancelled);
        var toPut = task.BeginPutting();
        try
        {
            while (true)
            {
                var question = await toPut.Reader.ReadAsync(eitherEnd.Token).ConfigureAwait(false);
                if (!question.Answer.Task.IsCompleted)
                {
                    await PutAsync(task, question, request, eitherEnd.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
        {
            // The task has ended, and there is a result.
        }
        finally
        {
            // This request is over, its question may not be.
            task.EndPutting(toPut);
        }
    }

    private static async Task PutAsync(RunningTask task, TaskQuestion question, IncomingRequest request, CancellationToken ended)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended);
        try
        {
            var asking = ClientRequests.AskRawAsync(request.Server, question.Question, task.Record.Id, over.Token);
            if (await Task.WhenAny(asking, question.Answer.Task).ConfigureAwait(false) != asking)
            {
                // Another request had the answer first: this client is told that none is wanted any more.
                await over.CancelAsync().ConfigureAwait(false);
            }

            task.Answer(question.Key, await asking.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!ended.IsCancellationRequested)
        {
            // It has its answer.
        }
        catch (Exception failure) when (failure is ToolException or FormatException)
        {
            task.Refuse(question, new ToolException($"The question '{question.Question.Text}' was not answered: {failure.Message}", failure));
        }
    }

    private async Task<TaskRecord> FindAsync(IncomingRequest request)
    {
        var id = request.Text("taskId");
        return await tasks.FindAsync(id).ConfigureAwait(false)
            ?? throw IncomingRequest.Invalid($"There is no task '{id}': it never was, or has expired.");
    }

    private JsonObject ToWire(TaskRecord record) => TaskJson.ToTask2025(record, tasks.PollInterval);

    private TaskOrigin OriginOf(IncomingRequest request)
    {
        // The token stays valid until the task ends; the request's own stream does not, so progress takes the session's.
        var transport = request.Session.Transport;
        var progress = request.ProgressToken is { } token
            ? new ProgressReporter(
                update => new ValueTask(transport.SendMessageAsync(ProgressNotification.ToMessage(token, update))), options.ProgressRate, options.TimeProvider, CancellationToken.None)
            : null;
        return new TaskOrigin(request.Session, request.Client, SendsLogs: true, progress) { Token = request.ProgressToken };
    }

    // Optional in the specification, and sent only when the state itself changes: progress has its own notifications.
    private void WatchStatus(RunningTask task, ClientSession session)
    {
        var last = TaskState.Working;
        task.Changed += record =>
        {
            if (record.State != last)
            {
                last = record.State;
                var parameters = ToWire(record);
                _ = session.Transport.SendMessageAsync(new JsonRpcNotification { Method = StatusNotification, Params = parameters });
            }
        };
    }

    private static TimeSpan? Ttl(IncomingRequest request) => request.Parameters["task"]?["ttl"] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out double ttl) && ttl >= 0 => TimeSpan.FromMilliseconds(Math.Min(ttl, TimeSpan.FromDays(365).TotalMilliseconds)),
        _ => throw IncomingRequest.Invalid("A task's 'ttl' is a number of milliseconds."),
    };
}
