using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;
using McpProgress.Core.Transport;
using ModelContextProtocol;

namespace McpProgress.Core.Tasks;

/// <summary>A task of the extension <c>io.modelcontextprotocol/tasks</c> (SEP-2663, with revision 2026-07-28).</summary>
internal sealed class ExtensionTaskDriver(BackgroundTask task, ConnectionSlot slot, BackgroundRequest? request, TaskRegistry? registry)
    : PollingDriver(task, slot, request, registry), IProgressObserver
{
    public const string Extension = "io.modelcontextprotocol/tasks";

    private const string CapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";

    private readonly ConcurrentDictionary<string, InputAnswer> _unsent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);

    protected override string TtlMember => "ttlMs";

    protected override string PollIntervalMember => "pollIntervalMs";

    public override async Task<ToolCallResult?> StartAsync(CancellationToken cancellationToken)
    {
        ServerConnection connection = Slot.Current;
        using IDisposable inputs = connection.Inputs.Open(AskAsync, inFlow: true);
        CallProgress progress = connection.OpenProgress(this);
        Task.ProgressToken = progress.Token;
        try
        {
            var call = new WireRequest("tools/call", CallParameters(progress.Token)) { Progress = progress, IdleTimeout = Request.IdleTimeout };
            JsonObject answer = await connection.RequestAsync(Declaring(call), cancellationToken).ConfigureAwait(false);
            if (answer.Member("resultType").Text() != "task")
            {
                // The server decides: to it, this call was not worth a task.
                Task.Kind = BackgroundKind.Call;
                return new ToolCallResult(answer, progress.Count);
            }

            Created(answer);
            return null;
        }
        finally
        {
            connection.CloseProgress(progress);
        }
    }

    public void OnProgress(in ProgressUpdate update) => Task.Report(update);

    protected override Task CancelAsync(ServerConnection connection, CancellationToken cancellationToken) =>
        connection.RequestAsync(Named("tasks/cancel"), cancellationToken);

    protected override async Task<JsonObject> GetAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.RequestAsync(Named("tasks/get"), cancellationToken).ConfigureAwait(false);
        }
        catch (McpFailureException failure) when (failure.InnerException is McpProtocolException { ErrorCode: McpErrorCode.InvalidParams })
        {
            throw Unknown(failure);
        }
    }

    protected override Task<ToolCallResult> GetResultAsync(ServerConnection connection, JsonObject state, CancellationToken cancellationToken) => StatusOf(state) switch
    {
        BackgroundStatus.Completed when state.Member("result") is JsonObject result =>
            System.Threading.Tasks.Task.FromResult(new ToolCallResult((JsonObject)result.DeepClone(), 0)),
        BackgroundStatus.Cancelled => throw new McpFailureException(
            ErrorIds.Cancelled, $"The task '{Task.Id}' was cancelled on the server. {state.Member("statusMessage").Text()}".TrimEnd()),
        _ => throw new McpFailureException(
            ErrorIds.ProtocolError,
            $"The task '{Task.Id}' of tool '{Task.Tool}' failed on the server: {state.Member("error").Member("message").Text() ?? state.Member("statusMessage").Text() ?? "it did not say why"}"),
    };

    protected override void AnswerInput(ServerConnection connection, JsonObject state, CancellationToken cancellationToken)
    {
        foreach ((string key, JsonNode? question) in state.Member("inputRequests") as JsonObject ?? [])
        {
            if (question is JsonObject members)
            {
                InputRequest input = InputRequest.Read(key, members.Member("method").Text() ?? "elicitation/create", (JsonObject)(members.Member("params") as JsonObject ?? []).DeepClone());
                _ = AnswerAsync(connection, input, cancellationToken);
            }
        }
    }

    protected override void Watching(ServerConnection connection) => connection.RefreshSubscription();

    private async Task AnswerAsync(ServerConnection connection, InputRequest input, CancellationToken cancellationToken)
    {
        try
        {
            if (_unsent.TryRemove(input.Key, out InputAnswer? answer) || (answer = await AskOnceMoreAsync(input, cancellationToken).ConfigureAwait(false)) is not null)
            {
                await SendAsync(connection, input.Key, answer, cancellationToken).ConfigureAwait(false);
                Wake();
            }
        }
        catch (OperationCanceledException)
        {
            // The task has ended; nobody wants the answer any more.
        }
    }

    private Task<InputAnswer?> AskOnceMoreAsync(InputRequest input, CancellationToken cancellationToken) =>
        _refused.ContainsKey(input.Key) ? Task.AskAsync(input, cancellationToken) : AskAsync(input, cancellationToken);

    private async Task SendAsync(ServerConnection connection, string key, InputAnswer answer, CancellationToken cancellationToken)
    {
        try
        {
            JsonObject parameters = NamedParameters();
            parameters["inputResponses"] = new JsonObject { [key] = answer.ToJson() };
            await connection.RequestAsync(Named("tasks/update", parameters), cancellationToken).ConfigureAwait(false);
        }
        catch (McpFailureException failure) when (IsPassing(failure))
        {
            // Asked once, and sent when the server, reached again, still wants it.
            _unsent[key] = answer;
        }
        catch (McpFailureException failure) when (failure.ErrorId != ErrorIds.Cancelled)
        {
            // Whoever comes may answer better; the handler, asked again, would say the same.
            _refused[key] = true;
            Task.Reopen(key);
            Task.Warn($"The server did not take the answer to '{key}': {failure.Message}");
        }
    }

    private WireRequest Named(string method, JsonObject? parameters = null) =>
        Declaring(new WireRequest(method, parameters ?? NamedParameters()) { RoutingName = Task.Id });

    private JsonObject NamedParameters() => new() { ["taskId"] = Task.Id };

    // The extension is declared with each request; the server may then answer with a task.
    private static WireRequest Declaring(WireRequest request)
    {
        if (request.Parameters["_meta"] is not JsonObject meta)
        {
            request.Parameters["_meta"] = meta = [];
        }

        meta[CapabilitiesKey] = new JsonObject { ["extensions"] = new JsonObject { [Extension] = new JsonObject() } };
        return request;
    }
}
