using System.Text.Json.Nodes;
using McpProgress.Core.Events;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Events;

/// <summary>The one ordered stream, its ring, and those who watch it.</summary>
public sealed class EventHubTests
{
    [Fact]
    public void Every_event_has_its_place_its_time_and_an_id_of_its_own()
    {
        var time = new ManualTimeProvider();
        var hub = new EventHub(time: time);
        ConnectionEvent first = Publish(hub, "one");
        time.Advance(TimeSpan.FromSeconds(3));
        ConnectionEvent second = hub.Publish("server", "two", "call-0", "task-0", first.Sequence, new JsonObject { ["n"] = 2 });

        Assert.Equal((1, 2, 2), (first.Sequence, second.Sequence, hub.LastSequence));
        Assert.Equal(TimeSpan.FromSeconds(3), second.Timestamp - first.Timestamp);
        Assert.Equal(("server", "two", "call-0", "task-0", 1), (second.Server, second.Name, second.CallId, second.TaskId, second.Parent));
        Assert.Equal("""{"n":2}""", second.Data.ToJsonString());
        Assert.NotEqual(hub.IdOf(1), hub.IdOf(2));
        Assert.NotEqual(hub.IdOf(1), new EventHub().IdOf(1));
    }

    [Fact]
    public void The_ring_keeps_the_newest_in_order()
    {
        var hub = new EventHub(capacity: 5);
        Assert.Empty(hub.Snapshot());
        for (int number = 1; number <= 12; number++)
        {
            Publish(hub, $"event-{number}");
            Assert.Equal(Math.Min(number, 5), hub.Snapshot().Count);
        }

        Assert.Equal([8, 9, 10, 11, 12], hub.Snapshot().Select(happened => happened.Sequence));
        Assert.Equal(["event-8", "event-9", "event-10", "event-11", "event-12"], hub.Snapshot().Select(happened => happened.Name));
        Assert.Equal(12, hub.LastSequence);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(2000)]
    public void A_ring_that_grows_loses_nothing(int published)
    {
        var hub = new EventHub(capacity: 500);
        for (int number = 1; number <= published; number++)
        {
            Publish(hub, "event");
        }

        int kept = Math.Min(published, 500);
        Assert.Equal(Enumerable.Range(published - kept + 1, kept).Select(number => (long)number), hub.Snapshot().Select(happened => happened.Sequence));
    }

    [Fact]
    public async Task All_observers_see_every_event_once_and_in_the_same_order_whoever_publishes()
    {
        var hub = new EventHub(capacity: 100);
        List<long> one = [];
        List<long> other = [];
        using IDisposable first = hub.Subscribe((in ConnectionEvent happened) => one.Add(happened.Sequence));
        using IDisposable second = hub.Subscribe((in ConnectionEvent happened) => other.Add(happened.Sequence));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int count = 0; count < 5_000; count++)
            {
                Publish(hub, "event");
            }
        }))).Within();

        Assert.Equal(Enumerable.Range(1, 20_000).Select(number => (long)number), one);
        Assert.Equal(one, other);
    }

    [Fact]
    public void An_observer_that_throws_is_reported_and_stops_neither_the_others_nor_who_publishes()
    {
        var hub = new EventHub();
        List<string> reported = [];
        List<long> seen = [];
        hub.ObserverFailed += exception => reported.Add(exception.Message);
        using IDisposable before = hub.Subscribe((in ConnectionEvent happened) => seen.Add(happened.Sequence));
        using IDisposable bad = hub.Subscribe((in ConnectionEvent happened) => throw new InvalidOperationException($"bad {happened.Sequence}"));
        using IDisposable after = hub.Subscribe((in ConnectionEvent happened) => seen.Add(-happened.Sequence));

        Publish(hub, "one");
        Publish(hub, "two");

        Assert.Equal([1, -1, 2, -2], seen);
        Assert.Equal(["bad 1", "bad 2"], reported);
        Assert.Equal(2, hub.Snapshot().Count);
    }

    [Fact]
    public void A_reporter_that_throws_stops_nobody_either()
    {
        var hub = new EventHub();
        int seen = 0;
        hub.ObserverFailed += _ => throw new InvalidOperationException("reporter");
        using IDisposable bad = hub.Subscribe((in ConnectionEvent _) => throw new InvalidOperationException("observer"));
        using IDisposable good = hub.Subscribe((in ConnectionEvent _) => seen++);

        Publish(hub, "one");

        Assert.Equal(1, seen);
    }

    [Fact]
    public void An_observer_can_remove_itself_and_others_in_the_middle_of_an_event()
    {
        var hub = new EventHub();
        List<string> seen = [];
        IDisposable? itself = null;
        IDisposable? next = null;
        itself = hub.Subscribe((in ConnectionEvent happened) =>
        {
            seen.Add($"remover {happened.Sequence}");
            itself!.Dispose();
            next!.Dispose();
        });
        next = hub.Subscribe((in ConnectionEvent happened) => seen.Add($"removed {happened.Sequence}"));
        using IDisposable last = hub.Subscribe((in ConnectionEvent happened) => seen.Add($"last {happened.Sequence}"));

        Publish(hub, "one");
        Publish(hub, "two");

        Assert.Equal(["remover 1", "last 1", "last 2"], seen);
    }

    [Fact]
    public void An_observer_added_by_another_sees_the_events_after_that_one()
    {
        var hub = new EventHub();
        List<long> seen = [];
        bool added = false;
        using IDisposable adder = hub.Subscribe((in ConnectionEvent _) =>
        {
            if (!added)
            {
                added = true;
                hub.Subscribe((in ConnectionEvent happened) => seen.Add(happened.Sequence));
            }
        });

        Publish(hub, "one");
        Publish(hub, "two");
        Publish(hub, "three");

        Assert.Equal([2, 3], seen);
    }

    [Fact]
    public void Removing_one_of_two_equal_observers_leaves_the_other()
    {
        var hub = new EventHub();
        int seen = 0;
        EventObserver observer = (in ConnectionEvent _) => seen++;
        IDisposable first = hub.Subscribe(observer);
        using IDisposable second = hub.Subscribe(observer);

        first.Dispose();
        first.Dispose();
        Publish(hub, "one");

        Assert.Equal(1, seen);
    }

    [Fact]
    public void What_an_observer_publishes_comes_to_all_after_what_it_was_told()
    {
        // A ring of one shows that nobody is told of a place that has been written over meanwhile.
        var hub = new EventHub(capacity: 1);
        List<string> seen = [];
        using IDisposable publisher = hub.Subscribe((in ConnectionEvent happened) =>
        {
            if (happened.Name == "cause")
            {
                Publish(hub, "effect");
            }
        });
        using IDisposable watcher = hub.Subscribe((in ConnectionEvent happened) => seen.Add($"{happened.Name} {happened.Sequence}"));

        Publish(hub, "cause");
        Publish(hub, "later");

        Assert.Equal(["cause 1", "effect 2", "later 3"], seen);
    }

    [Fact]
    public async Task Replay_tells_of_the_ring_first_and_leaves_no_gap()
    {
        var hub = new EventHub(capacity: 1000);
        Publish(hub, "before");
        using var publishing = new CancellationTokenSource();
        Task publisher = Task.Run(() =>
        {
            while (!publishing.IsCancellationRequested && hub.LastSequence < 900)
            {
                Publish(hub, "event");
            }
        });
        List<long> seen = [];
        using IDisposable watcher = hub.Subscribe((in ConnectionEvent happened) => seen.Add(happened.Sequence), replay: true);
        await publisher.Within();

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen);
        Assert.Equal(hub.LastSequence, seen.Count);
    }

    private static ConnectionEvent Publish(EventHub hub, string name) => hub.Publish(null, name, null, null, 0, null);
}
