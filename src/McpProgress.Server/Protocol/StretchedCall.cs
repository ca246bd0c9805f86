using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using McpProgress.Server.Mcpc;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

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
    private readonly ClientCapabilities? _client;
    private readonly ClientSession _session;
    private readonly McpcPlainAnswer _answer;
    private TaskCompletionSource<QuestionSet> _asked = NewSource<QuestionSet>();
    private CallChannel? _channel;
    private Task<ToolOutcome>? _running;
    private int _lastKey;
    private bool _handedOver;

    /// <summary>Prepares a call; <see cref="Start"/> starts it.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="request">The request that began it.</param>
    /// <param name="preparesOnly">Whether it ends once <see cref="ServerTool.Prepare"/> is done.</param>
    public StretchedCall(ServerTool tool, IncomingRequest request, bool preparesOnly)
    {
        _tool = tool;
        _client = request.Client;
        _session = request.Session;
        PreparesOnly = preparesOnly;
        _answer = new McpcPlainAnswer(tool.Name);
    }

    /// <summary>The tool that runs.</summary>
    public string Tool => _tool.Name;

    /// <summary>Whether it ends once the tool is prepared.</summary>
    public bool PreparesOnly { get; }

    /// <summary>The questions that wait for their answers.</summary>
    public QuestionSet? Pending { get; private set; }

    /// <inheritdoc/>
    public ChannelReader<JsonElement> Updates => NoUpdates.Reader;

    /// <summary>Starts the tool.</summary>
    public void Start(CallChannel channel, ToolArguments arguments, ILogger logger)
    {
        _channel = channel;
        var context = new ToolContext(this, _cancellation.Token);
        _running = PreparesOnly
            ? ToolRunner.PrepareAsync(_tool, arguments, context, logger).AsTask()
            : FinishAsync(arguments, context, logger);
    }

    /// <summary>Hands over what was answered to the waiting questions. With the last answer the tool goes on, over the new request.</summary>
    /// <param name="responses">The answers by key, each of which is taken once; those of no question stay.</param>
    /// <param name="channel">The new request's channel.</param>
    /// <returns>False when questions are left.</returns>
    /// <exception cref="FormatException">An answer does not fit.</exception>
    public bool Answer(IDictionary<string, JsonNode?> responses, CallChannel channel)
    {
        var questions = Pending!;
        if (!questions.Answer(responses))
        {
            return false;
        }

        Volatile.Write(ref _channel, channel);
        Pending = null;
        questions.Complete();
        return true;
    }

    /// <summary>Waits until the tool is done or asks.</summary>
    /// <returns>What came of it; null when there are questions.</returns>
    public async Task<ToolOutcome?> WaitAsync(CancellationToken cancelled)
    {
        var asked = _asked.Task;
        using (cancelled.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _cancellation))
        {
            if (await Task.WhenAny(_running!, asked).ConfigureAwait(false) == _running)
            {
                var outcome = await _running.ConfigureAwait(false);
                return outcome.Result is { } result ? outcome with { Result = _answer.With(result) } : outcome;
            }
        }

        Pending = await asked.ConfigureAwait(false);
        Volatile.Write(ref _channel, null);
        _asked = NewSource<QuestionSet>();
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
    public bool Takes(ToolQuestion question) => question.IsTakenBy(_client);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<object>> AskAsync(IReadOnlyList<ToolQuestion> questions, CancellationToken cancellationToken)
    {
        if (questions.FirstOrDefault(question => !Takes(question)) is { } refused)
        {
            throw ClientRequests.Undeclared(_tool.Name, refused);
        }

        // One set at a time: the next question waits for the request that brings the answer to this one.
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var set = new QuestionSet([.. questions.Select(question => new KeyedQuestion(question.Key ?? $"input-{++_lastKey}", question))]);
            _asked.TrySetResult(set);
            return await set.Answers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Leaves what came of it to the caller, who got it from <see cref="WaitAsync"/>.</summary>
    public void HandOver() => _handedOver = true;

    /// <summary>Cancels the tool if it still runs, and drops what it has begun: nobody comes for its result any more.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        if (!_handedOver && _running is not null)
        {
            _ = DropAsync(_running);
        }
    }

    private static async Task DropAsync(Task<ToolOutcome> running)
    {
        try
        {
            (await running.ConfigureAwait(false)).Drop();
        }
#pragma warning disable CA1031 // Observed here: a call nobody waits for must not end up as an unobserved exception.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It has ended, and the runner has logged how.
        }
    }

    private async Task<ToolOutcome> FinishAsync(ToolArguments arguments, ToolContext context, ILogger logger) =>
        new(await ToolRunner.RunAsync(_tool, arguments, context, logger).ConfigureAwait(false), Prepared: null);

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
