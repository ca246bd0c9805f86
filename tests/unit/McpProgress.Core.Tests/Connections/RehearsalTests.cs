using McpProgress.Core.Connections;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Connections;

public sealed class RehearsalTests
{
    // In use nobody looks at how it ends.
    [Fact]
    public async Task It_goes_all_the_way_to_the_result_of_a_call() => Assert.Equal("hello", await Rehearsal.PlayAsync().Within());
}
