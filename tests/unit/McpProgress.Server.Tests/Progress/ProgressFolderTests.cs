using McpProgress.Server.Progress;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Progress;

public class ProgressFolderTests
{
    private readonly ProgressFolder _folder = new();

    [Fact]
    public void A_percentage_is_progress_of_a_hundred()
    {
        Assert.Equal(new ProgressUpdate(0, 100, "Copy: file 1"), Fold("Copy", "file 1", 0));
        Assert.Equal(new ProgressUpdate(25, 100, "Copy: file 2"), Fold("Copy", "file 2", 25));
        Assert.Equal(new ProgressUpdate(100, 100, "Copy: file 3"), Fold("Copy", "file 3", 100));
    }

    [Fact]
    public void Operation_and_remaining_seconds_are_in_the_message()
    {
        var record = new ActivityRecord(0, 0, -1, "Copy", "file 1", "a.txt", 10, 90, IsCompleted: false);
        Assert.Equal("Copy: file 1 - a.txt (90 s left)", _folder.Fold(record)?.Message);
    }

    [Fact]
    public void Without_a_percentage_the_number_counts_up_and_has_no_total()
    {
        Assert.Equal(new ProgressUpdate(1, null, "Scan: a"), Fold("Scan", "a", -1));
        Assert.Equal(new ProgressUpdate(2, null, "Scan: b"), Fold("Scan", "b", -1));
    }

    [Fact]
    public void A_percentage_found_out_late_begins_above_the_count()
    {
        Fold("Scan", "a", -1);
        Fold("Scan", "b", -1);
        Assert.Equal(new ProgressUpdate(42, 102, "Scan: c"), Fold("Scan", "c", 40));
        Assert.Equal(new ProgressUpdate(43, null, "Scan: d"), Fold("Scan", "d", -1));
    }

    [Fact]
    public void Nested_activities_are_one_line_outermost_first()
    {
        Fold("Outer", "part 1", 50, id: 1);
        var middle = Fold("Middle", "step 2", 10, id: 2, parent: 1);
        var inner = Fold("Inner", "bit 3", 20, id: 3, parent: 2);
        Assert.Equal("Outer: part 1 > Middle: step 2 (10%)", middle?.Message);
        Assert.Equal("Outer: part 1 > Middle: step 2 (10%) > Inner: bit 3 (20%)", inner?.Message);
        Assert.InRange(inner!.Value.Progress, 50.001, 50.999);
        Assert.Equal(100, inner.Value.Total);
    }

    [Fact]
    public void A_completed_inner_activity_leaves_the_line_and_takes_its_own_with_it()
    {
        Fold("Outer", "a", 50, id: 1);
        Fold("Middle", "b", -1, id: 2, parent: 1);
        Fold("Inner", "c", -1, id: 3, parent: 2);
        Assert.Equal("Outer: a", Complete(2)?.Message);
        Assert.Null(Complete(3));
        Assert.Null(Complete(1));
    }

    [Fact]
    public void One_beside_the_outermost_follows_it_in_the_line()
    {
        Fold("First", "a", 20, id: 1);
        Assert.Equal("First: a > Second: b (90%)", Fold("Second", "b", 90, id: 2)?.Message);
    }

    [Fact]
    public void A_parent_that_comes_late_becomes_the_outermost()
    {
        Fold("Inner", "a", 90, id: 2, parent: 1);
        Assert.Equal("Outer: b", Fold("Outer", "b", 10, id: 1)?.Message);
        Assert.StartsWith("Outer: b > Inner: c", Fold("Inner", "c", 95, id: 2, parent: 1)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_activity_begins_where_the_last_one_ended()
    {
        Fold("First", "a", 100);
        Complete(0);
        var next = Fold("Second", "b", 0);
        Assert.InRange(next!.Value.Progress, 100.001, 100.999);
        Assert.Equal(200, next.Value.Total);
        Assert.Equal(new ProgressUpdate(150, 200, "Second: c"), Fold("Second", "c", 50));
    }

    [Fact]
    public void The_next_activity_is_known_by_its_name_where_the_last_one_was_not_completed()
    {
        Fold("First", "a", 80);
        Assert.Equal(180, Fold("Second", "b", 0)?.Total);
    }

    [Fact]
    public void What_is_said_at_the_end_takes_the_total_along()
    {
        Fold("Copy", "a", 100);
        var after = Fold("Copy", "b", 100);
        Assert.Equal("Copy: b", after?.Message);
        Assert.InRange(after!.Value.Progress, 100.001, 100.999);
        Assert.Equal(after.Value.Progress, after.Value.Total);
    }

    [Fact]
    public void A_repeated_percentage_creeps_and_never_reaches_the_next_one()
    {
        var last = Fold("Copy", "x", 7)!.Value.Progress;
        for (var i = 0; i < 1_000_000; i++)
        {
            var progress = Fold("Copy", "x", 7)!.Value.Progress;
            Assert.True(progress > last && progress < 8, $"{last} -> {progress}");
            last = progress;
        }

        Assert.Equal(8, Fold("Copy", "x", 8)?.Progress);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_comes_the_number_only_grows_and_stays_within_its_total(int seed)
    {
        var random = new Random(seed);
        var last = double.NegativeInfinity;
        for (var i = 0; i < 20_000; i++)
        {
            var record = new ActivityRecord(
                random.Next(2), random.Next(4), random.Next(-1, 4), $"Activity {random.Next(3)}", "status", null, random.Next(-20, 101), -1, random.Next(10) == 0);
            if (_folder.Fold(record) is { } update)
            {
                Assert.True(update.Progress > last, $"{last} -> {update.Progress} at {i}");
                Assert.True(update.Total is null || update.Progress <= update.Total, $"{update.Progress} of {update.Total} at {i}");
                last = update.Progress;
            }
        }
    }

    [Fact]
    public void Activities_that_are_never_completed_are_forgotten()
    {
        Fold("Outer", "a", 10, id: 0);
        for (var id = 1; id < 10_000; id++)
        {
            Fold("Inner", "b", -1, id: id, parent: id - 1);
        }

        Assert.StartsWith("Outer: a > ", Fold("Inner", "c", -1, id: 9_999, parent: 9_998)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parents_in_a_circle_end()
    {
        Fold("Outer", "a", 10, id: 0);
        Fold("One", "b", -1, id: 1, parent: 2);
        Assert.StartsWith("Outer: a > ", Fold("Two", "c", -1, id: 2, parent: 1)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_is_one_clean_line_of_bounded_length()
    {
        Assert.Equal("Copy files: red two lines", Fold("Copy\r\nfiles", "\e[31mred\e[0m two\nlines", 1)?.Message);
        Assert.Equal(ProgressFolder.LongestMessage, Fold("Copy", new string('x', 10_000), 2)?.Message?.Length);
    }

    private ProgressUpdate? Fold(string activity, string status, int percent, int id = 0, int parent = -1) =>
        _folder.Fold(new ActivityRecord(0, id, parent, activity, status, null, percent, -1, IsCompleted: false));

    private ProgressUpdate? Complete(int id) => _folder.Fold(new ActivityRecord(0, id, -1, "x", "x", null, -1, -1, IsCompleted: true));
}
