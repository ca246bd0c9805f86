using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Protocol;

/// <summary>
/// A plain call of revision 2026-07-28. There a server asks by ending the request with <c>input_required</c>, and the
/// client answers with a new request (SEP-2322); the tool runs on behind both, so nothing it did is done twice.
/// </summary>
internal sealed class StretchedCall : IToolChannel, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly ServerTool _tool;
    private readonly bool _canElicit;
    private readonly ClientSession _session;
    private readonly McpcPlainAnswer _answer;
    private TaskCompletionSource<Question> _asked = NewSource<Question>();
    private CallChannel? _channel;
    private Task<ToolResult>? _running;
    private int _lastKey;

    /// <summary>Prepares a call; <see cref="Start"/> starts it.</summary>
    public StretchedCall(ServerTool tool, IncomingRequest request)
    {
        _tool = tool;
        _canElicit = request.CanElicit;
        _session = request.Session;
        _answer = new McpcPlainAnswer(tool.Name);
    }

    /// <summary>The tool that runs.</summary>
    public string Tool => _tool.Name;

    /// <summary>The question that waits for its answer.</summary>
    public Question? Pending { get; private set; }

    /// <inheritdoc/>
    public ChannelReader<JsonElement> Updates => NoUpdates.Reader;

    /// <summary>Starts the tool.</summary>
    public void Start(CallChannel channel, ToolArguments arguments, ILogger logger)
    {
        _channel = channel;
        _running = ToolRunner.RunAsync(_tool, arguments, new ToolContext(this, _cancellation.Token), logger).AsTask();
    }

    /// <summary>Hands the answer to the waiting question over to the tool, which goes on over the new request.</summary>
    public void Answer(ElicitationAnswer answer, CallChannel channel)
    {
        var question = Pending!;
        Volatile.Write(ref _channel, channel);
        Pending = null;
        question.Answer.TrySetResult(answer);
    }

    /// <summary>Waits until the tool is done or asks.</summary>
    /// <returns>The result; null when there is a question.</returns>
    public async Task<ToolResult?> WaitAsync(CancellationToken cancelled)
    {
        var asked = _asked.Task;
        using (cancelled.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _cancellation))
        {
            if (await Task.WhenAny(_running!, asked).ConfigureAwait(false) == _running)
            {
                return _answer.With(await _running.ConfigureAwait(false));
            }
        }

        Pending = await asked.ConfigureAwait(false);
        Volatile.Write(ref _channel, null);
        _asked = NewSource<Question>();
        return null;
    }

    /// <inheritdoc/>
    public ValueTask ReportProgressAsync(ProgressUpdate update) => Volatile.Read(ref _channel)?.ReportProgressAsync(update) ?? default;

    /// <inheritdoc/>
    public ValueTask LogAsync(LogLevel level, string message) => Volatile.Read(ref _channel)?.LogAsync(level, message) ?? default;

    /// <inheritdoc/>
    public ValueTask SendUpdateAsync(JsonNode? result)
    {
        _answer.Add(result);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask SendServerEventAsync(string name, JsonNode? result) => _session.Mcpc.SendServerEventAsync(name, result, _cancellation.Token);

    /// <inheritdoc/>
    public async Task<ElicitationAnswer> AskAsync(ElicitationRequest request, CancellationToken cancellationToken)
    {
        if (!_canElicit)
        {
            throw Elicitation.Unable(_tool.Name);
        }

        // One at a time: the next question waits for the request that brings the answer to this one.
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var question = new Question($"input-{++_lastKey}", request, NewSource<ElicitationAnswer>());
            _asked.TrySetResult(question);
            return await question.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Cancels the tool if it still runs: nobody comes for its result any more.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();

        // Observed here: a call nobody waits for must not end up as an unobserved exception.
        _ = _running?.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A question and the place for its answer.</summary>
    internal sealed record Question(string Key, ElicitationRequest Request, TaskCompletionSource<ElicitationAnswer> Answer);
}
