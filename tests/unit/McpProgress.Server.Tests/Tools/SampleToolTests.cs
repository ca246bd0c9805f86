using System.Text.Json;
using McpProgress.Server.Samples;
using McpProgress.Server.Tests.Support;
using McpProgress.Server.Tools;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tests.Tools;

public sealed class SampleToolTests
{
    private readonly RecordingChannel _channel = new();
    private readonly SkippingTimeProvider _time = new();

    [Fact]
    public async Task Process_items_says_each_item_and_repeats_the_end()
    {
        var result = await RunAsync("process_items", """{"items":["Hello-1","b","C"]}""");

        Assert.Equal(
            [new(1, 3, "processing Hello-1"), new(2, 3, "processing b"), new(3, 3, "processing C"), new(3, 3, "done")],
            _channel.Progress);
        Assert.Equal("""{"processed":3,"results":["HELLO-1","B","C"]}""", TextOf(result));
        Assert.Equal("""{"processed":3,"results":["HELLO-1","B","C"]}""", result.StructuredContent!.Value.GetRawText());
        Assert.Equal(TimeSpan.FromSeconds(1.5), _time.Skipped);
    }

    [Fact]
    public void However_fast_a_tool_gives_its_thread_back()
    {
        var options = new SampleOptions { Speed = 1e9, TimeProvider = new ManualTimeProvider() };
        Assert.False(options.DelayAsync(0.2, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Process_items_of_nothing_is_done_at_once()
    {
        var result = await RunAsync("process_items", """{"items":[]}""");
        Assert.Equal([new(0, 0, "done")], _channel.Progress);
        Assert.Equal("""{"processed":0,"results":[]}""", TextOf(result));
    }

    [Fact]
    public async Task Download_file_counts_ten_chunks_a_megabyte_from_zero()
    {
        var result = await RunAsync("download_file", """{"filename":"data.zip","size_mb":2}""");

        Assert.Equal(
            Enumerable.Range(0, 21).Select(i => new ProgressUpdate(i, 20, $"Downloading data.zip... {i * 5}.0%")),
            _channel.Progress);
        Assert.Equal(["Information: Starting download of data.zip (2MB)", "Information: Download completed: data.zip"], _channel.Log);
        Assert.Equal("Successfully downloaded data.zip (2MB)", TextOf(result));
        Assert.Equal(TimeSpan.FromSeconds(2.1), _time.Skipped);
    }

    [Fact]
    public async Task Process_data_names_the_phase_by_integer_quarters()
    {
        var result = await RunAsync("process_data", """{"records":10}""");

        // Of 10: quarters begin at 2 (10/4), 5 and 7 (30/4).
        string[] phases =
        [
            "Initializing data processor...",
            "Loading and validating records...",
            .. Enumerable.Repeat("Applying transformations...", 3),
            .. Enumerable.Repeat("Running calculations...", 2),
            .. Enumerable.Repeat("Finalizing results...", 4),
        ];
        Assert.Equal(phases.Select((phase, i) => new ProgressUpdate(i, 10, phase)), _channel.Progress);
        Assert.Equal(2, _channel.Log.Count);
        Assert.Equal("Successfully processed 10 records", TextOf(result));
        Assert.Equal(TimeSpan.FromSeconds(0.55), _time.Skipped);
    }

    [Fact]
    public async Task Analyze_data_takes_five_steps()
    {
        var result = await RunAsync("analyze_data", """{"data_id":"d1"}""");
        Assert.Equal(Enumerable.Range(1, 5).Select(i => new ProgressUpdate(i, 5, $"Processing step {i}/5")), _channel.Progress);
        Assert.Equal("""{"status":"Complete","data_id":"d1","summary":"Processing completed successfully"}""", TextOf(result));
        Assert.Equal(TimeSpan.FromSeconds(5), _time.Skipped);
    }

    [Fact]
    public async Task Migrate_database_takes_four_steps_and_announces_its_end()
    {
        var result = await RunAsync("migrate_database", """{"database":"orders"}""");
        Assert.Equal([1, 2, 3, 4], _channel.Progress.Select(update => update.Progress));
        Assert.Equal(["""migration_finished: {"database":"orders","version":2}"""], _channel.ServerEvents);
        Assert.Equal("""{"database":"orders","version":2}""", TextOf(result));
    }

    [Fact]
    public async Task Install_package_has_messages_and_no_total()
    {
        await RunAsync("install_package", """{"package":"p"}""");
        Assert.Equal([1, 2, 3, 4, 5, 6], _channel.Progress.Select(update => update.Progress));
        Assert.All(_channel.Progress, update => Assert.Null(update.Total));
        Assert.All(_channel.Progress, update => Assert.NotEmpty(update.Message!));
    }

    [Fact]
    public async Task Scan_files_counts_towards_an_unknown_total()
    {
        var result = await RunAsync("scan_files", """{"path":"/tmp","files":3}""");
        Assert.Equal(Enumerable.Range(0, 4).Select(i => new ProgressUpdate(i, null, "Scanning /tmp")), _channel.Progress);
        Assert.Equal("Found 3 files in /tmp", TextOf(result));
    }

    [Fact]
    public async Task Train_model_rises_by_ever_smaller_steps_to_one()
    {
        await RunAsync("train_model", "{}");
        var values = _channel.Progress.Select(update => update.Progress).ToArray();
        var steps = values.Zip(values.Skip(1), (a, b) => b - a).ToArray();
        Assert.Equal(20, values.Length);
        Assert.All(steps, step => Assert.True(step > 0));
        Assert.True(steps[0] > 10 * steps[^1], "the first step is much larger than the last");
        Assert.Equal(1, values[^1]);
        Assert.All(_channel.Progress, update => Assert.Equal(1, update.Total));
    }

    [Fact]
    public async Task Fail_halfway_stops_in_the_middle_with_an_error()
    {
        var result = await RunAsync("fail_halfway", """{"steps":6}""");
        Assert.True(result.IsError);
        Assert.Equal([1, 2, 3], _channel.Progress.Select(update => update.Progress));
        Assert.Equal("Failed at step 3 of 6, as this tool always does.", TextOf(result));
    }

    [Fact]
    public async Task Run_forever_ends_only_by_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var running = RunAsync("run_forever", "{}", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Soon());
    }

    [Fact]
    public async Task Flood_reports_every_number()
    {
        var result = await RunAsync("flood", """{"count":1000}""");
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (double)i), _channel.Progress.Select(update => update.Progress));
        Assert.Equal("""{"reported":1000}""", TextOf(result));
    }

    [Theory]
    [InlineData("process_items", "{}", "The argument 'items' is missing; it must be an array of strings.")]
    [InlineData("process_items", """{"items":"a"}""", "The argument 'items' must be an array of strings, but is a string.")]
    [InlineData("process_items", """{"items":["a",2]}""", "The argument 'items[1]' must be a string, but is the number 2.")]
    [InlineData("download_file", """{"filename":"f","size_mb":0}""", "The argument 'size_mb' must be at least 1, but is 0.")]
    [InlineData("download_file", """{"filename":"f","size_mb":1.5}""", "The argument 'size_mb' must be an integer, but is the number 1.5.")]
    [InlineData("download_file", """{"filename":"f","size_mb":1e12}""", "The argument 'size_mb' must be at most 100000000, but is 1000000000000.")]
    [InlineData("download_file", """{"filename":null,"size_mb":1}""", "The argument 'filename' is missing; it must be a string.")]
    [InlineData("process_data", """{"records":"many"}""", "The argument 'records' must be an integer, but is a string.")]
    [InlineData("process_data", """{"records":-3}""", "The argument 'records' must be at least 1, but is -3.")]
    [InlineData("analyze_data", """{"data_id":{}}""", "The argument 'data_id' must be a string, but is an object.")]
    [InlineData("echo", """{"text":true}""", "The argument 'text' must be a string, but is a boolean.")]
    public async Task An_unfitting_argument_is_an_error_that_names_it(string tool, string arguments, string message)
    {
        var result = await RunAsync(tool, arguments);
        Assert.True(result.IsError);
        Assert.Equal(message, TextOf(result));
        Assert.Empty(_channel.Progress);
    }

    [Fact]
    public async Task A_whole_number_written_with_a_fraction_of_zero_is_an_integer()
    {
        var result = await RunAsync("process_data", """{"records":1.0}""");
        Assert.False(result.IsError);
    }

    [Fact]
    public async Task An_unforeseen_exception_becomes_an_error_without_its_details()
    {
        var tool = new ServerTool
        {
            Name = "broken",
            InputSchema = SampleTools.Schema("""{ "type": "object" }"""),
            Body = (_, _) => throw new InvalidOperationException("secret path"),
        };
        var result = await ToolRunner.RunAsync(tool, new ToolArguments(null), new ToolContext(_channel, default), NullLogger.Instance);
        Assert.True(result.IsError);
        Assert.DoesNotContain("secret", TextOf(result), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    [InlineData(1, double.NaN)]
    public async Task Progress_that_JSON_cannot_hold_is_refused(double progress, double? total)
    {
        var context = new ToolContext(_channel, default);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => context.ReportProgressAsync(progress, total).AsTask());
        Assert.Empty(_channel.Progress);
    }

    [Fact]
    public void Every_sample_tool_describes_itself_and_its_arguments()
    {
        Assert.All(SampleTools.All(new SampleOptions()).Tools, tool =>
        {
            Assert.False(string.IsNullOrWhiteSpace(tool.Title));
            Assert.False(string.IsNullOrWhiteSpace(tool.Description));
            Assert.All(tool.InputSchema.GetProperty("properties").EnumerateObject(), property =>
                Assert.True(property.Value.TryGetProperty("description", out _), $"{tool.Name}.{property.Name} has a description"));
        });
    }

    private Task<ToolResult> RunAsync(string name, string arguments, CancellationToken cancelled = default)
    {
        Assert.True(SampleTools.All(new SampleOptions { TimeProvider = _time }).TryGet(name, out var tool));
        var values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(arguments);
        return ToolRunner.RunAsync(tool, new ToolArguments(values), new ToolContext(_channel, cancelled), NullLogger.Instance).AsTask();
    }

    private static string TextOf(ToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
}
