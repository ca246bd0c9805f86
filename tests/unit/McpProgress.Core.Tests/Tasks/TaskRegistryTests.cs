using System.Text.Json.Nodes;
using McpProgress.Core.Tasks;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Tasks;

public sealed class TaskRegistryTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mcpprogress-{Guid.NewGuid():N}");
    private readonly ManualTimeProvider _time = new();
    private readonly TaskRegistry _registry;

    public TaskRegistryTests() => _registry = new TaskRegistry(Path.Combine(_folder, "tasks"), _time);

    private string Tasks => Path.Combine(_folder, "tasks");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void What_was_saved_is_listed_oldest_first()
    {
        TaskRecord late = Record("late") with { CreatedAt = _time.GetUtcNow().AddHours(1), ExpiresAt = _time.GetUtcNow().AddDays(1), StatusMessage = "half \"ä\"", PollIntervalMs = 12.5 };
        _registry.Save(late);
        _registry.Save(Record("early"));

        Assert.Equal([Record("early"), late], _registry.List());
    }

    [Fact]
    public void A_record_replaces_the_one_before_it()
    {
        _registry.Save(Record("a"));
        _registry.Save(Record("a") with { Status = BackgroundStatus.InputRequired });

        Assert.Equal(BackgroundStatus.InputRequired, Assert.Single(_registry.List()).Status);
        Assert.Single(Directory.GetFiles(Tasks));
    }

    [Fact]
    public void The_same_id_on_two_servers_is_two_tasks()
    {
        _registry.Save(Record("a"));
        _registry.Save(Record("a") with { ServerKey = "other" });
        _registry.Remove("other", "a");

        Assert.Equal("server", Assert.Single(_registry.List()).ServerKey);
    }

    [Fact]
    public void What_is_not_there_can_be_listed_and_removed()
    {
        Assert.Empty(_registry.List());
        _registry.Remove("server", "a");
        Assert.False(_registry.HasExpired("a"));
        Assert.False(Directory.Exists(Tasks));
    }

    [Fact]
    public void What_has_expired_is_known_for_a_week_and_then_gone()
    {
        _registry.Save(Record("a") with { ExpiresAt = _time.GetUtcNow().AddMinutes(1) });
        Assert.Single(_registry.List());
        Assert.False(_registry.HasExpired("a"));

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(_registry.List());
        Assert.True(_registry.HasExpired("a"));
        Assert.False(_registry.HasExpired("b"));

        _time.Advance(TimeSpan.FromDays(7));
        Assert.False(_registry.HasExpired("a"));
        Assert.Empty(Directory.GetFiles(Tasks));
    }

    [Theory]
    [InlineData("../../escape")]
    [InlineData("/etc/passwd")]
    [InlineData("nul\0byte")]
    [InlineData("line\nbreak")]
    [InlineData("")]
    public void An_id_never_becomes_a_path(string id)
    {
        _registry.Save(Record(id));

        Assert.Equal(id, Assert.Single(_registry.List()).Id);
        string file = Assert.Single(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        Assert.Equal(Tasks, Path.GetDirectoryName(file));
        _registry.Remove("server", id);
        Assert.Empty(Directory.GetFiles(Tasks));
    }

    [Fact]
    public void An_id_as_long_as_a_message_is_kept_too()
    {
        string id = new('x', 100_000);
        _registry.Save(Record(id));

        Assert.Equal(id, Assert.Single(_registry.List()).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"status\"")]
    public void A_file_that_is_no_record_is_left_alone(string content)
    {
        _registry.Save(Record("a"));
        File.WriteAllText(Path.Combine(Tasks, "broken.json"), content);

        Assert.Equal("a", Assert.Single(_registry.List()).Id);
        Assert.Equal(2, Directory.GetFiles(Tasks).Length);
    }

    [Theory]
    [InlineData("id", "null")]
    [InlineData("serverName", "null")]
    [InlineData("serverKey", "5")]
    [InlineData("tool", "null")]
    [InlineData("kind", "17")]
    [InlineData("kind", "\"Dream\"")]
    [InlineData("status", "99")]
    [InlineData("pollIntervalMs", "1e300")]
    [InlineData("pollIntervalMs", "-1")]
    [InlineData("createdAt", "\"yesterday\"")]
    public void A_record_with_a_member_that_makes_no_sense_is_left_alone(string member, string value)
    {
        _registry.Save(Record("a"));
        string path = Assert.Single(Directory.GetFiles(Tasks));
        JsonObject record = FakeServer.Json(File.ReadAllText(path));
        Assert.True(record.ContainsKey(member));
        record[member] = JsonNode.Parse(value);
        File.WriteAllText(path, record.ToJsonString());

        Assert.Empty(_registry.List());
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void What_a_killed_writer_left_behind_goes_after_a_while()
    {
        _registry.Save(Record("a"));
        string left = Path.Combine(Tasks, "x.json.1234.tmp");
        File.WriteAllText(left, "{");
        File.SetLastWriteTimeUtc(left, _time.GetUtcNow().UtcDateTime);

        Assert.Single(_registry.List());
        Assert.True(File.Exists(left));

        _time.Advance(TimeSpan.FromDays(8));
        Assert.Single(_registry.List());
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void Only_the_user_can_look_into_the_folder()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _registry.Save(Record("a"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Tasks));
    }

    [Fact]
    public async Task Writers_and_readers_at_once_never_see_half_a_record()
    {
        const int Rounds = 200;
        Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            // A registry each, as separate processes have.
            var registry = new TaskRegistry(Tasks, _time);
            for (int i = 0; i < Rounds; i++)
            {
                registry.Save(Record("shared") with { StatusMessage = new string((char)('a' + writer), 5000) });
            }
        }))];
        Task all = Task.WhenAll(writers);
        while (!all.IsCompleted)
        {
            foreach (TaskRecord record in _registry.List())
            {
                Assert.Equal(new string(record.StatusMessage![0], 5000), record.StatusMessage);
            }
        }

        await all.WaitAsync(FakeServer.Generous);
        Assert.Single(_registry.List());
        Assert.Single(Directory.GetFiles(Tasks));
    }

    private TaskRecord Record(string id) => new()
    {
        Id = id,
        Kind = BackgroundKind.ExtensionTask,
        ServerName = "name",
        ServerKey = "server",
        Tool = "tool",
        CreatedAt = _time.GetUtcNow() - TimeSpan.FromTicks(_time.GetTimestamp()),
        Status = BackgroundStatus.Working,
    };
}
