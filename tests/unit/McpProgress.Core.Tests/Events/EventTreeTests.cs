using McpProgress.Core.Events;

namespace McpProgress.Core.Tests.Events;

/// <summary>The cascade of an event.</summary>
public sealed class EventTreeTests
{
    [Fact]
    public void Each_event_comes_before_what_it_caused_with_its_depth()
    {
        EventLogLine[] lines = [Line("root"), Line("other"), Line("a", "root"), Line("b", "root"), Line("a1", "a"), Line("b1", "b"), Line("a2", "a"), Line("lost", "unknown")];

        Assert.Equal(
            [("root", 0), ("a", 1), ("a1", 2), ("a2", 2), ("b", 1), ("b1", 2)],
            EventTree.Below("root", lines).Select(node => (node.Line.Id, node.Depth)));
        Assert.Equal([("b", 0), ("b1", 1)], EventTree.Below("b", lines).Select(node => (node.Line.Id, node.Depth)));
    }

    [Fact]
    public void An_unknown_event_is_an_invalid_argument_at_once()
    {
        McpFailureException failure = Assert.Throws<McpFailureException>(() => EventTree.Below("nobody", [Line("root")]));
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
    }

    [Fact]
    public void Causes_that_go_in_circles_end()
    {
        EventLogLine[] lines = [Line("a", "c"), Line("b", "a"), Line("c", "b"), Line("self", "self"), Line("b", "a")];

        Assert.Equal(["a", "b", "c"], EventTree.Below("a", lines).Select(node => node.Line.Id));
        Assert.Equal(["self"], EventTree.Below("self", lines).Select(node => node.Line.Id));
    }

    [Fact]
    public void A_very_deep_cascade_needs_no_deep_stack()
    {
        EventLogLine[] lines = [.. Enumerable.Range(0, 100_000).Select(number => Line($"{number}", number == 0 ? null : $"{number - 1}"))];
        Assert.Equal(99_999, EventTree.Below("0", lines).Last().Depth);
    }

    private static EventLogLine Line(string id, string? parent = null) => new(id, 0, default, null, "event", null, null, parent, []);
}
