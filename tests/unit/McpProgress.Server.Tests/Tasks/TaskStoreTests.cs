using System.Text.Json;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tests.Support;
using Microsoft.Data.Sqlite;

namespace McpProgress.Server.Tests.Tasks;

/// <summary>Both stores keep the same promises; the file keeps them beyond its process.</summary>
public sealed class TaskStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mcpprogress-test-");

    private string File => Path.Combine(_folder.FullName, "tasks.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_saved_is_found_changed_and_listed(bool file)
    {
        var store = Open(file);
        await using var closing = store as IAsyncDisposable;
        Assert.Null(await store.FindAsync("a"));
        await store.SaveAsync(Record("a"));
        await store.SaveAsync(Record("b"));
        var result = JsonSerializer.SerializeToElement(new { content = "ü \u0000 𝄞" });
        var completed = Record("a") with { State = TaskState.Completed, Message = "done", Progress = 1.5, Total = 2, Result = result };
        await store.SaveAsync(completed);
        var found = await store.FindAsync("a");
        Assert.Equal(completed with { Result = null }, found! with { Result = null });
        Assert.Equal(result.GetRawText(), found.Result!.Value.GetRawText());
        Assert.Equal("b", Assert.Single(await store.ListUnfinishedAsync()).Id);

        var failed = Record("b") with { State = TaskState.Failed, Error = new TaskError(-32603, "why") };
        await store.SaveAsync(failed);
        Assert.Equal(failed, await store.FindAsync("b"));

        await store.SaveAsync(Record("c"));
        var first = await store.ListAsync(null, 2);
        Assert.Equal(["a", "b"], first.Tasks.Select(task => task.Id));
        var second = await store.ListAsync(first.NextCursor, 2);
        Assert.Equal("c", Assert.Single(second.Tasks).Id);
        Assert.Null(second.NextCursor);
        await Assert.ThrowsAsync<FormatException>(() => store.ListAsync("no cursor", 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_has_expired_goes_and_of_what_has_ended_the_oldest(bool file)
    {
        var store = Open(file);
        await using var closing = store as IAsyncDisposable;
        await store.SaveAsync(Record("expired") with { ExpiresAt = Now });
        await store.SaveAsync(Record("running"));
        foreach (var id in new[] { "old", "middle", "new" })
        {
            await store.SaveAsync(Record(id) with { State = TaskState.Completed });
        }

        await store.PruneAsync(Now, keep: 2);
        Assert.Equal(["running", "middle", "new"], (await store.ListAsync(null, 10)).Tasks.Select(task => task.Id));
    }

    [Fact]
    public async Task A_file_outlives_its_store_and_belongs_to_one_at_a_time()
    {
        await using (var first = SqliteTaskStore.Open(File))
        {
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => first.SaveAsync(Record($"task-{i}"))));
        }

        await using var again = SqliteTaskStore.Open(File);
        Assert.Equal(1000, (await again.ListAsync(null, 2000)).Tasks.Count);
        var busy = Assert.Throws<IOException>(() => SqliteTaskStore.Open(File));
        Assert.Contains("in use", busy.Message, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Fact]
    public void A_file_that_is_none_is_refused()
    {
        System.IO.File.WriteAllText(File, new string('x', 4096));
        Assert.Contains("is no task store", Assert.Throws<IOException>(() => SqliteTaskStore.Open(File)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => SqliteTaskStore.Open(Path.Combine(_folder.FullName, "nowhere", "tasks.db")));
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_passed_over_until_it_expires()
    {
        await using (var first = SqliteTaskStore.Open(File))
        {
            foreach (var id in new[] { "a", "unknown", "b", "broken", "c" })
            {
                await first.SaveAsync(Record(id));
            }
        }

        Ask("""
            UPDATE tasks SET record = replace(record, 'Working', 'Paused') WHERE id = 'unknown';
            UPDATE tasks SET record = '{' WHERE id = 'broken';
            """);
        var log = new CountingLogger();
        await using var again = SqliteTaskStore.Open(File, log);
        Assert.Null(await again.FindAsync("broken"));
        Assert.Equal(1, log.Warnings);
        Assert.Equal(["a", "b", "c"], (await again.ListUnfinishedAsync()).Select(task => task.Id));
        var page = await again.ListAsync(null, 2);
        Assert.Equal("a", Assert.Single(page.Tasks).Id);
        page = await again.ListAsync(page.NextCursor, 2);
        Assert.Equal("b", Assert.Single(page.Tasks).Id);
        page = await again.ListAsync(page.NextCursor, 2);
        Assert.Equal("c", Assert.Single(page.Tasks).Id);
        Assert.Null(page.NextCursor);

        await again.PruneAsync(Now + TimeSpan.FromHours(1), keep: 10);
        await again.DisposeAsync();
        Assert.Equal(0L, Ask("SELECT count(*) FROM tasks"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("refused")]
    public async Task What_fails_by_itself_fails_alone(string? id)
    {
        await SqliteTaskStore.Open(File).DisposeAsync();
        Ask("CREATE TRIGGER refuse BEFORE INSERT ON tasks WHEN NEW.id = 'refused' BEGIN SELECT RAISE(ABORT, 'refused'); END");
        await using var store = SqliteTaskStore.Open(File);
        var failing = new List<Task>();
        var saving = new List<Task>();
        for (var i = 0; i < 500; i++)
        {
            saving.Add(store.SaveAsync(Record($"task-{i}")));
            failing.Add(store.SaveAsync(Record(id!)));
        }

        await Task.WhenAll(saving);
        foreach (var failed in failing)
        {
            await Assert.ThrowsAsync<IOException>(() => failed);
        }

        Assert.Equal(500, (await store.ListAsync(null, 1000)).Tasks.Count);
    }

    [Fact]
    public async Task What_ends_the_transaction_fails_all_that_was_in_it()
    {
        await SqliteTaskStore.Open(File).DisposeAsync();
        Ask("CREATE TRIGGER refuse BEFORE INSERT ON tasks WHEN NEW.id = 'refused' BEGIN SELECT RAISE(ROLLBACK, 'refused'); END");
        await using var store = SqliteTaskStore.Open(File);
        var saving = Enumerable.Range(0, 500).Select(i => store.SaveAsync(Record(i % 50 == 25 ? "refused" : $"task-{i}"))).ToArray();
        await Task.WhenAll(saving.Select(saved => saved.ContinueWith(task => task.Exception, TaskScheduler.Default)));
        for (var i = 0; i < saving.Length; i++)
        {
            Assert.Equal(saving[i].IsCompletedSuccessfully, await store.FindAsync($"task-{i}") is not null);
        }

        await store.SaveAsync(Record("later"));
    }

    private static TaskRecord Record(string id) =>
        new() { Id = id, Tool = "tool", CreatedAt = Now, UpdatedAt = Now, ExpiresAt = Now + TimeSpan.FromHours(1) };

    private object? Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are those of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    private ITaskStore Open(bool file) => file ? SqliteTaskStore.Open(File) : new MemoryTaskStore();
}
