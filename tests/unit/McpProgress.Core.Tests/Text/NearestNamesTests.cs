using McpProgress.Core.Text;

namespace McpProgress.Core.Tests.Text;

public sealed class NearestNamesTests
{
    private static readonly string[] Tools = ["process_items", "download_file", "process_data", "install", "echo", "Add"];

    [Theory]
    [InlineData("ECHO", "echo")]
    [InlineData("add", "Add")]
    [InlineData("proces_items", "process_items")]
    [InlineData("downlaod_file", "download_file")]
    [InlineData("process-data", "process_data")]
    [InlineData("instal", "install")]
    [InlineData("items", "process_items")]
    public void The_nearest_comes_first(string asked, string expected) =>
        Assert.Equal(expected, NearestNames.Find(asked, Tools)[0]);

    [Fact]
    public void A_prefix_gives_all_that_start_so() =>
        Assert.Equal(["process_data", "process_items"], NearestNames.Find("process", Tools));

    [Theory]
    [InlineData("zzzzzz")]
    [InlineData("")]
    [InlineData("q")]
    public void What_is_like_nothing_finds_nothing(string asked) => Assert.Empty(NearestNames.Find(asked, Tools));

    [Fact]
    public void At_most_max_are_returned() =>
        Assert.Equal(["a1", "a2"], NearestNames.Find("a0", ["a4", "a3", "a2", "a1", "a1"], max: 2));

    [Fact]
    public void Long_names_are_left_alone() =>
        Assert.Empty(NearestNames.Find(new string('a', 100_000), [new string('a', 99_999), "a"]));
}
