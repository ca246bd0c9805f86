using System.Text.Json.Nodes;
using McpProgress.Core.Events;
using McpProgress.Core.Progress;
using McpProgress.Core.Tests.Configuration;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Events;

/// <summary>The log: what is in it, and what happens when its file goes bad.</summary>
public sealed class EventLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EventHub _hub = new();

    private string File => Path.Combine(_folder.Path, "events.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_published_comes_back_as_it_was()
    {
        EventLog log = Open();
        _hub.Publish("sample", "call.started", "call-7", null, 0, new JsonObject { ["tool"] = "ürgent \u001b[31m\n\ud800", ["list"] = new JsonArray(1, 2.5, null) });
        _hub.PublishProgress("sample", "call-7", "task-1", 1, new(1, 3, 4, "step 3", DateTimeOffset.UnixEpoch));
        await log.DisposeAsync();

        Assert.All(System.IO.File.ReadAllLines(File), line => Assert.StartsWith("""{"id":""", line, StringComparison.Ordinal));
        EventLogLine[] lines = [.. EventLog.Read(File, Torn)];
        Assert.Equal([_hub.IdOf(1), _hub.IdOf(2)], lines.Select(line => line.Id));
        Assert.Equal((1, "sample", "call.started", "call-7", null, null), (lines[0].Sequence, lines[0].Server, lines[0].Name, lines[0].CallId, lines[0].TaskId, lines[0].ParentId));
        Assert.Equal("ürgent \u001b[31m\n\ufffd", (string?)lines[0].Data["tool"]);
        Assert.Equal("[1,2.5,null]", lines[0].Data["list"]!.ToJsonString());
        Assert.Equal(("call-7", "task-1", _hub.IdOf(1), DateTimeOffset.UnixEpoch), (lines[1].CallId, lines[1].TaskId, lines[1].ParentId, lines[1].Timestamp));
        Assert.Equal("""{"sequence":1,"progress":3,"total":4,"percentComplete":75,"message":"step 3"}""", lines[1].Data.ToJsonString());
        Assert.Equal((2, 0, true), (log.Written, log.Missed, log.IsEnded));
    }

    [Theory]
    [InlineData(1, 3.0, "plain, (100%) [a]")]
    [InlineData(-7, 1e14, null)]
    [InlineData(0.1, 3.0, "not whole")]
    [InlineData(1e15, 2e15, "large")]
    [InlineData(1, null, "no total")]
    [InlineData(2, 3.0, "\"quoted\" \\ <b> ü 𝄞")]
    [InlineData(2, 3.0, "")]
    public async Task Progress_comes_back_as_it_was_however_it_was_written(double progress, double? total, string? message)
    {
        var update = new ProgressUpdate(5, progress, total, message, new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        EventLog log = Open();
        _hub.PublishProgress("sérver \"1\"", "call-\n7", null, 3, update);
        _hub.PublishProgress("sérver \"1\"", "call-\n7", "task", 0, update);
        _hub.PublishProgress(null, null, null, 3, update);
        await log.DisposeAsync();

        EventLogLine[] published = [.. _hub.Snapshot().Select(happened => EventLogLine.From(_hub, happened))];
        EventLogLine[] logged = [.. EventLog.Read(File, Torn)];
        Assert.Equal(published.Select(line => line with { Data = null! }), logged.Select(line => line with { Data = null! }));
        Assert.All(logged, line =>
        {
            Assert.Equal(progress, (double)line.Data["progress"]!);
            Assert.Equal(total, (double?)line.Data["total"]);
            Assert.Equal(message, (string?)line.Data["message"]);
            Assert.Equal(update.PercentComplete, (int)line.Data["percentComplete"]!);
            Assert.Equal(5, (int)line.Data["sequence"]!);
        });
    }

    [Fact]
    public async Task Lines_reach_the_file_before_the_log_is_ended()
    {
        await using EventLog log = Open();
        Publish("one");
        await WrittenAsync(1);

        Assert.False(log.IsEnded);
        Assert.Equal("one", Assert.Single(EventLog.Read(File)).Name);
    }

    [Fact]
    public async Task Only_wanted_names_are_logged_and_an_existing_file_is_appended_to()
    {
        await using (Open())
        {
            Publish("kept");
        }

        await using (Open(name => name.StartsWith("task.", StringComparison.Ordinal)))
        {
            Publish("left out");
            Publish("task.created");
        }

        Publish("after the end");
        Assert.Equal(["kept", "task.created"], EventLog.Read(File).Select(line => line.Name));
    }

    [Fact]
    public async Task A_torn_last_line_is_said_and_costs_no_other_line()
    {
        await using (Open())
        {
            Publish("whole");
        }

        await System.IO.File.AppendAllTextAsync(File, """{"id":"x-1","sequence":1,"timest""");
        List<int> torn = [];
        Assert.Equal(["whole"], EventLog.Read(File, torn.Add).Select(line => line.Name));
        Assert.Equal([2], torn);

        await using (Open())
        {
            Publish("next");
        }

        torn.Clear();
        Assert.Equal(["whole", "next"], EventLog.Read(File, torn.Add).Select(line => line.Name));
        Assert.Equal([2], torn);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"id":1,"name":"x","timestamp":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"id":"a","name":"x","timestamp":"yesterday"}""")]
    [InlineData("""{"id":"a","name":"x","timestamp":"2026-01-01T00:00:00Z","data":{"twice":1,"twice":2}}""")]
    [InlineData("""{"id":"a","id":"b","name":"x","timestamp":"2026-01-01T00:00:00Z"}""")]
    public void What_is_no_event_is_skipped(string line)
    {
        System.IO.File.WriteAllText(File, line + "\n");
        Assert.Empty(EventLog.Read(File));
    }

    [Fact]
    public async Task A_full_file_is_put_aside_and_no_event_is_lost()
    {
        EventLog log = Open(rotateAt: 2_000, kept: 3);
        for (int number = 1; number <= 12; number++)
        {
            // Each fills more than half of a file, and is a batch of its own.
            _hub.Publish(null, $"event-{number}", null, null, 0, new JsonObject { ["fill"] = new string('x', 1_500) });
            await WrittenAsync(number, log);
        }

        await log.DisposeAsync();
        Assert.Equal(["events.jsonl", "events.jsonl.1", "events.jsonl.2", "events.jsonl.3"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
        string[] names = [.. Directory.GetFiles(_folder.Path).OrderDescending().SkipLast(1).Append(File).SelectMany(file => EventLog.Read(file, Torn)).Select(line => line.Name)];

        // The oldest went with the files that are no longer kept; what is there has no gap.
        Assert.Equal(8, names.Length);
        Assert.Equal(Enumerable.Range(5, 8).Select(number => $"event-{number}"), names);
        Assert.Equal(12, log.Written);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    public async Task Two_writers_leave_every_line_whole(long rotateAt)
    {
        const int Each = 3_000;
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var hub = new EventHub();
            await using var log = new EventLog(hub, File, _ => true, rotateAt, kept: 1_000);
            for (int number = 1; number <= Each; number++)
            {
                hub.Publish("one of two", "event", null, null, 0, new JsonObject { ["number"] = number });
                if (number % 1_000 == 0)
                {
                    await WrittenAsync(number, log);
                }
            }
        }))).Within();

        EventLogLine[] lines = [.. Directory.GetFiles(_folder.Path).SelectMany(file => EventLog.Read(file, Torn))];
        Assert.Equal(2 * Each, lines.Length);
        Assert.Equal(2 * Each, lines.Select(line => line.Id).Distinct().Count());
        Assert.Equal(rotateAt > 0, Directory.GetFiles(_folder.Path).Length > 1);
    }

    [Fact]
    public async Task Two_writers_may_both_find_the_file_full()
    {
        const int Each = 300;
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            // Every line fills a file.
            var file = new EventLogFile(File, rotateAt: 1, kept: 2 * Each);
            for (int number = 0; number < Each; number++)
            {
                file.Append("{}\n"u8);
            }
        }))).Within();

        Assert.All(Directory.GetFiles(_folder.Path), path => Assert.Equal("{}\n", System.IO.File.ReadAllText(path)));
        Assert.Equal(2 * Each, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_an_invalid_argument()
    {
        foreach (string path in new[] { _folder.Path, Path.Combine(_folder.Path, "missing", "events.jsonl"), "\0" })
        {
            McpFailureException failure = Assert.Throws<McpFailureException>(() => new EventLog(_hub, path, _ => true));
            Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
            Assert.Contains("cannot be written", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_full_disk_ends_the_log_is_told_and_what_is_missed_is_counted()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // Only there a device plays the full disk.
        }

        var log = new EventLog(_hub, "/dev/full", _ => true);
        var failed = new TaskCompletionSource<Exception>();
        log.Failed += exception => failed.TrySetResult(exception);
        Publish("one");
        Publish("two");
        Exception failure = await failed.Task.Within();
        Publish("three");
        await log.DisposeAsync();

        Assert.IsType<IOException>(failure);
        Assert.Same(failure, log.Failure);
        Assert.Equal((0, 3, true), (log.Written, log.Missed, log.IsEnded));
    }

    [Fact]
    public async Task What_comes_faster_than_the_disk_takes_it_is_counted()
    {
        // The file is somebody else's for a while: nothing can be written.
        EventLog log = Open();
        int published = 0;
        using (var other = new FileStream(File, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            // Besides what waits, there is what the log holds in its hands already.
            while (log.Missed < 10 && published < 1_000_000)
            {
                Publish("event");
                published++;
            }
        }

        await log.DisposeAsync();
        Assert.Null(log.Failure);
        Assert.Equal(10, log.Missed);
        Assert.Equal(published, log.Written + log.Missed);
        Assert.Equal(log.Written, EventLog.Read(File, Torn).Count());
    }

    [Fact]
    public async Task A_file_that_vanishes_is_made_anew_and_a_folder_that_vanishes_ends_the_log()
    {
        EventLog log = Open();
        System.IO.File.Delete(File);
        Publish("one");
        await WrittenAsync(1, log);
        Assert.Single(EventLog.Read(File));

        var failed = new TaskCompletionSource();
        log.Failed += _ => failed.TrySetResult();
        Directory.Delete(_folder.Path, recursive: true);
        Publish("two");
        await failed.Task.Within();
        await log.DisposeAsync();
        Directory.CreateDirectory(_folder.Path);
        Assert.Equal((1, 1), (log.Written, log.Missed));
    }

    private EventLog Open(Func<string, bool>? wanted = null, long rotateAt = 0, int kept = 5) => new(_hub, File, wanted ?? (_ => true), rotateAt, kept);

    private void Publish(string name) => _hub.Publish(null, name, null, null, 0, null);

    // A file tells nobody that it has grown.
    private Task WrittenAsync(int count) => Until(() => System.IO.File.Exists(File) && EventLog.Read(File).Count() >= count);

    private static Task WrittenAsync(long count, EventLog log) => Until(() => log.Written >= count);

    private static void Torn(int line) => Assert.Fail($"Line {line} is no event.");

    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limits.Generous);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
