using System.Text.Json;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tests.Support;

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

    private static TaskRecord Record(string id) =>
        new() { Id = id, Tool = "tool", CreatedAt = Now, UpdatedAt = Now, ExpiresAt = Now + TimeSpan.FromHours(1) };

    private ITaskStore Open(bool file) => file ? SqliteTaskStore.Open(File) : new MemoryTaskStore();
}
