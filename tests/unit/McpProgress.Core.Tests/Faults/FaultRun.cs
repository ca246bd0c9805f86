extern alias fixture;

using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using fixture::McpProgress.FaultyServer.Chaos;
using fixture::McpProgress.FaultyServer.Http;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Events;
using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Support;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Faults;

/// <summary>
/// One connection to a server of random faults and a handful of calls over it, all out of a seed. Every call must end in
/// the way its plan has, with exactly its own progress before it; the server may take all of them with it when it dies.
/// </summary>
/// <param name="seed">Everything follows from it, but the order in which things happen at the same time.</param>
internal sealed class FaultRun(int seed)
{
    /// <summary>Small, so that a message beyond it costs little.</summary>
    public const int Longest = 64 * 1024;

    private readonly Random _random = new(seed);
    private readonly GreetingPlan _greeting = new(seed);
    private readonly EventHub _events = new(capacity: 100);

    /// <summary>Says of a call whether its answer was written; null where nobody knows.</summary>
    public Func<int, bool>? Answered { get; init; }

    /// <summary>Whether it goes over HTTP: a server that dies takes only its own call along, and the greeting is proper.</summary>
    public bool IsHttp { get; init; }

    /// <summary>The id of the server process, once there is one.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>How many calls ended in which way.</summary>
    public List<string> Endings { get; } = [];

    public async Task RunAsync(ServerEndpoint endpoint)
    {
        bool isSilent = !IsHttp && _greeting.Greeting == Greeting.Silent;
        var options = new ConnectionOptions
        {
            MaximumMessageBytes = IsHttp ? 16 * Longest : Longest,
            Events = _events,
            ConnectTimeout = isSilent ? TimeSpan.FromMilliseconds(100) : Limits.Generous,
        };
        ServerConnection connection;
        try
        {
            connection = await ServerConnection.ConnectAsync("chaos", endpoint, options).Within();
        }
        catch (McpFailureException failure) when (failure.ErrorId == ErrorIds.ConnectionFailed && !IsHttp && _greeting.Greeting is not (Greeting.Proper or Greeting.Noisy))
        {
            Endings.Add("ConnectionFailed");
            return;
        }

        ProcessId = connection.ProcessId;
        await using (connection)
        {
            await CallAsync(connection);
        }

        Assert.Equal(0, connection.CallsInFlight);
        Assert.Equal(ConnectionStatus.Closed, connection.Status);
    }

    private async Task CallAsync(ServerConnection connection)
    {
        ChaosCall[] calls = [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => new ChaosCall(connection, _random, IsHttp))];
        Task[] ends = [.. calls.Select(call => call.EndAsync())];
        bool isClosed = _random.Next(12) == 0;
        if (isClosed)
        {
            // In the middle of everything.
            await Task.WhenAny(ends).Within();
            await connection.DisposeAsync().AsTask().Within();
        }

        await Task.WhenAll(ends).Within();
        bool dies = !IsHttp && calls.Any(call => call.Plan.Dies);
        foreach (ChaosCall call in calls)
        {
            bool isTakenAlong = calls.Any(other => other.Plan.Dies && (other == call ? call.Plan.Ending == Ending.Silence : !IsHttp));
            call.Check(mayBeLost: isTakenAlong || isClosed, isAnswered: !isClosed && Answered?.Invoke(call.Seed) == true);
            Endings.Add(call.Outcome);
        }

        if (!dies && !isClosed)
        {
            // What went wrong stays with the call it went wrong with.
            Assert.Equal(ConnectionStatus.Connected, connection.Status);
            await connection.PingAsync(Limits.Generous).Within();
        }
    }

    /// <summary>One call.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a wait handle, and is cancelled by others at any time.")]
    private sealed class ChaosCall : IProgressObserver
    {
        private readonly ServerConnection _connection;
        private readonly List<ProgressUpdate> _seen = [];
        private readonly CancellationTokenSource _cancel = new();
        private readonly bool _isHttp;
        private readonly bool _throws;
        private readonly int _cancelsAfter;
        private bool _isOver;
        private ToolCallResult? _result;
        private McpFailureException? _failure;

        public ChaosCall(ServerConnection connection, Random random, bool isHttp)
        {
            _isHttp = isHttp;
            _connection = connection;
            Seed = random.Next();
            Plan = new FaultPlan(Seed, Longest);
            _throws = random.Next(10) == 0;
            _cancelsAfter = random.Next(10) == 0 && Plan.Updates.Count > 0 ? random.Next(1, Plan.Updates.Count + 1) : 0;
        }

        public int Seed { get; }

        public FaultPlan Plan { get; }

        public string Outcome => _failure?.ErrorId ?? (_result!.IsError ? "tool error" : "result");

        // A call that nobody will answer is either given up on, or cancelled when there is nothing more to wait for.
        private bool IsGivenUp => Plan.Ending == Ending.Silence && Seed % 2 == 0;

        public async Task EndAsync()
        {
            _connection.LogReceived += CancelWhenPlayed;
            try
            {
                var arguments = new JsonObject { ["seed"] = Seed, ["longest"] = Longest, ["ballast"] = new string('b', Plan.Ballast) };
                _result = await _connection.CallToolAsync(
                    new ToolCallRequest(ChaosServer.Tool, arguments)
                    {
                        Observer = this,
                        IdleTimeout = IsGivenUp ? TimeSpan.FromMilliseconds(20) : Limits.Generous,
                    },
                    _cancel.Token);
            }
            catch (McpFailureException failure)
            {
                _failure = failure;
            }
            finally
            {
                _isOver = true;
                _connection.LogReceived -= CancelWhenPlayed;
            }
        }

        public void OnProgress(in ProgressUpdate update)
        {
            lock (_seen)
            {
                _seen.Add(update);
                if (_seen.Count == _cancelsAfter)
                {
                    // Not here: this is the connection's reader.
                    _ = Task.Run(_cancel.Cancel);
                }
            }

            Assert.False(_isOver && _result is not null, "Progress came after the result.");
            if (_throws)
            {
                throw new InvalidOperationException("An observer that throws.");
            }
        }

        public void Check(bool mayBeLost, bool isAnswered)
        {
            string what = $"call {Seed} planned as {Plan.Ending}, ended as {Outcome}: {_failure}";
            bool isLost = _failure?.ErrorId == ErrorIds.ConnectionLost;
            bool asPlanned = Plan.Ending switch
            {
                Ending.Result => _result is { IsError: false } && _result.Text == Plan.Text,
                Ending.ToolError => _result is { IsError: true } && _result.Text == Plan.Text,
                Ending.Refused => _failure?.ErrorId == ErrorIds.ProtocolError || (_isHttp && isLost && HttpChaos.IsRefusedByStatus(Seed, Plan)),

                // Over HTTP nobody can tell whose answer it was: its stream ends without one. What is too long for a line is not.
                Ending.Unreadable when _isHttp => isLost || Plan.Answer!.Length > Longest,
                Ending.Unreadable => _failure?.ErrorId == ErrorIds.ProtocolError,
                Ending.Silence => _failure?.ErrorId == (IsGivenUp ? ErrorIds.IdleTimeout : ErrorIds.Cancelled),
                _ => isLost,
            };
            bool isCancelled = _cancelsAfter > 0 && _failure?.ErrorId == ErrorIds.Cancelled;
            Assert.True(asPlanned || isCancelled || (mayBeLost && isLost && !isAnswered), what);

            Update[] seen = [.. _seen.Select(update => new Update(update.Progress, update.Total, Whole(update.Message)))];
            bool isWhole = asPlanned && !(_isHttp && HttpChaos.IsRefusedByStatus(Seed, Plan)) && Plan.Ending != Ending.Silence && !(isLost && mayBeLost);
            Assert.True(seen.SequenceEqual(isWhole ? Plan.Updates : Plan.Updates.Take(seen.Length)), $"{what}\nprogress {string.Join(", ", seen)}\nplanned {string.Join(", ", Plan.Updates)}");
            Assert.Equal(Enumerable.Range(1, seen.Length).Select(i => (long)i), _seen.Select(update => update.Sequence));
        }

        // Torn text is left out over stdio; over HTTP the SDK has put a replacement into it.
        private static string? Whole(string? message) => message?.StartsWith("torn", StringComparison.Ordinal) == true ? null : message;

        private void CancelWhenPlayed(ServerLogMessage message)
        {
            if (!IsGivenUp && message.Text == $"played {Seed}")
            {
                _ = Task.Run(_cancel.Cancel);
            }
        }
    }
}
