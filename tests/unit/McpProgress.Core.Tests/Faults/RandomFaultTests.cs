using System.Collections.Concurrent;
using System.Globalization;
using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;
using Xunit.Abstractions;

namespace McpProgress.Core.Tests.Faults;

/// <summary>
/// Random sequences of faults: no hang, no process left, no result lost, no exception but the documented ones. The tests
/// README says how to run more of them, and how to run one again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class RandomFaultTests(ITestOutputHelper output)
{
    private static readonly int FirstSeed = Number("MCPPROGRESS_SEED", 1);

    // Without a process a run costs a few milliseconds, with one a hundred.
    private static readonly int Runs = Number("MCPPROGRESS_FAULT_RUNS", 800);
    private static readonly int ProcessRuns = Math.Max(1, Runs / 8);
    private static readonly int HttpRuns = Math.Max(1, Runs / 20);

    [Fact]
    public Task Over_streams() => RunAllAsync(Runs, async (seed, endings) =>
    {
        await using var peer = new ChaosPeer(seed, modern: seed % 2 == 0);
        var run = new FaultRun(seed) { Answered = peer.Server.Answered.ContainsKey };
        await run.RunAsync(peer.Endpoint);
        run.Endings.ForEach(endings.Add);
    });

    [Fact]
    public async Task Over_processes()
    {
        string mark = "";
        await RunAllAsync(ProcessRuns, async (seed, endings) =>
        {
            string[] arguments = ["chaos", seed.ToString(CultureInfo.InvariantCulture)];
            var endpoint = (seed % 2 == 0 ? FaultyServer.Modern(arguments) : FaultyServer.Stdio(arguments)) with
            {
                Environment = new Dictionary<string, string?> { ["MCPPROGRESS_MARK"] = Mark },
            };
            mark = Mark;
            var run = new FaultRun(seed);
            await run.RunAsync(endpoint);
            Assert.False(run.ProcessId is { } id && ProcessProbe.IsRunning(id), $"Process {run.ProcessId} is still running.");
            run.Endings.ForEach(endings.Add);
        });
        await ProcessProbe.NoneMarkedAsync(mark);
    }

    [Theory]
    [InlineData]
    [InlineData("--era", "modern")]
    public async Task Over_HTTP(params string[] era)
    {
        await using FaultyHttpServer server = await FaultyHttpServer.StartAsync(["chaos", .. era]);
        await RunAllAsync(HttpRuns, async (seed, endings) =>
        {
            var run = new FaultRun(seed) { IsHttp = true };
            await run.RunAsync(server.Endpoint);
            run.Endings.ForEach(endings.Add);
        });
        Assert.DoesNotContain(server.Errors, line => line.StartsWith("Unhandled", StringComparison.Ordinal));
    }

    private static string Mark { get; } = Guid.NewGuid().ToString("N");

    private async Task RunAllAsync(int runs, Func<int, ConcurrentBag<string>, Task> runAsync)
    {
        // What other tests have left behind is not ours.
        Collect();
        var unobserved = new ConcurrentBag<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            // The SDK fails what is pending when the connection ends, also a request whose caller has left at that very moment.
            if (e.Exception.InnerException is not IOException { Message: "The server shut down unexpectedly." })
            {
                unobserved.Add(e.Exception);
            }
        }

        TaskScheduler.UnobservedTaskException += Note;
        var endings = new ConcurrentBag<string>();
        try
        {
            output.WriteLine($"Seeds {FirstSeed} to {FirstSeed + runs - 1}");
            await Parallel.ForAsync(FirstSeed, FirstSeed + runs, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (seed, _) =>
            {
                try
                {
                    await runAsync(seed, endings);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Seed {seed} (again with MCPPROGRESS_SEED={seed} MCPPROGRESS_FAULT_RUNS=1): {exception.Message}", exception);
                }
            });
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        foreach (IGrouping<string, string> ending in endings.GroupBy(ending => ending).OrderByDescending(group => group.Count()))
        {
            output.WriteLine($"{ending.Count(),7} {ending.Key}");
        }

        Assert.True(unobserved.IsEmpty, $"{unobserved.Count} exceptions that nobody saw: {string.Join('\n', unobserved.Take(3))}");
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}

/// <summary>Tests that look at the whole process run while no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
