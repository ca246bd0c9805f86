using System.Text;
using McpProgress.Core.Authorization;
using McpProgress.Core.Tests.Support;

namespace McpProgress.Core.Tests.Authorization;

public sealed class SecretFolderTests : IDisposable
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("open sesame, open sesame");

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"mcpprogress-{Guid.NewGuid():N}");
    private readonly SecretFolder _folder;

    public SecretFolderTests() => _folder = new SecretFolder(_path);

    public void Dispose()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public void What_was_written_is_read_also_by_another_process()
    {
        Assert.Null(_folder.Read("one"));
        _folder.Write("one", Text);
        _folder.Write("two", []);

        Assert.Equal(Text, new SecretFolder(_path).Read("one"));
        Assert.Empty(new SecretFolder(_path).Read("two")!);
        Assert.Null(_folder.Read("three"));
    }

    [Fact]
    public void No_file_holds_the_secret_and_no_two_are_alike()
    {
        _folder.Write("one", Text);
        byte[] first = File.ReadAllBytes(Path.Combine(_path, "one"));
        _folder.Write("one", Text);
        byte[] second = File.ReadAllBytes(Path.Combine(_path, "one"));

        Assert.NotEqual(first, second);
        Assert.All(Directory.EnumerateFiles(_path), file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("sesame"u8)));
        Assert.DoesNotContain(Directory.EnumerateFiles(_path), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_file_that_was_changed_is_none(int position)
    {
        _folder.Write("one", Text);
        string file = Path.Combine(_path, "one");
        byte[] content = File.ReadAllBytes(file);
        content[position < 0 ? content.Length + position : position] ^= 1;
        File.WriteAllBytes(file, content);

        Assert.Null(_folder.Read("one"));
    }

    [Fact]
    public void A_file_under_another_name_is_none()
    {
        _folder.Write("one", Text);
        File.Copy(Path.Combine(_path, "one"), Path.Combine(_path, "two"));

        Assert.Null(_folder.Read("two"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    public void Without_its_key_a_secret_is_lost_and_can_be_written_again(string? key)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // The key is the user's own there.
        }

        _folder.Write("one", Text);
        File.Delete(Path.Combine(_path, "key"));
        if (key is not null)
        {
            File.WriteAllText(Path.Combine(_path, "key"), key);
        }

        Assert.Null(_folder.Read("one"));
        _folder.Write("one", Text);
        Assert.Equal(Text, _folder.Read("one"));
    }

    [Fact]
    public void Only_the_user_may_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // The profile's permissions hold there.
        }

        _folder.Write("one", Text);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_path));
        foreach (string file in Directory.EnumerateFiles(_path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Many_at_once_agree_on_the_key_and_never_see_half_a_file()
    {
        using var ready = new Barrier(8);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Factory.StartNew(
            () =>
            {
                var folder = new SecretFolder(_path);
                ready.SignalAndWait();
                for (int i = 0; i < 50; i++)
                {
                    folder.Write("shared", Encoding.UTF8.GetBytes(new string((char)('a' + number), 4000)));
                    byte[] seen = folder.Read("shared")!;
                    Assert.Equal(4000, seen.Length);
                    Assert.All(seen, letter => Assert.Equal(seen[0], letter));
                }
            },
            TaskCreationOptions.LongRunning))).Within();
    }

    [Fact]
    public async Task The_first_key_stays_whoever_comes_first()
    {
        for (int round = 0; round < 25; round++)
        {
            string path = Path.Combine(_path, $"round-{round}");
            using var ready = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Factory.StartNew(
                () =>
                {
                    var folder = new SecretFolder(path);
                    ready.SignalAndWait();
                    folder.Write($"mine-{number}", [(byte)number]);
                    ready.SignalAndWait();
                    Assert.Equal(number, Assert.Single(folder.Read($"mine-{number}") ?? []));
                },
                TaskCreationOptions.LongRunning))).Within();
        }
    }

    [Fact]
    public async Task One_holds_a_secret_at_a_time()
    {
        IDisposable? first = await _folder.HoldAsync("one", Limits.Generous, default);
        Assert.NotNull(first);
        Assert.Null(await new SecretFolder(_path).HoldAsync("one", TimeSpan.Zero, default));
        using IDisposable? other = await _folder.HoldAsync("two", TimeSpan.Zero, default);
        Assert.NotNull(other);
        Task<IDisposable?> next = new SecretFolder(_path).HoldAsync("one", Limits.Generous, default);
        Assert.False(next.IsCompleted);
        first.Dispose();

        using IDisposable? second = await next.Within();
        Assert.NotNull(second);
    }
}
