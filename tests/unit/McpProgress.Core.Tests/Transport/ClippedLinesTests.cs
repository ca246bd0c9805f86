using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class ClippedLinesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("one\n")]
    [InlineData("one\r\ntwo\rthree\n\nfive\r\r\n")]
    [InlineData("\n\r\n")]
    public async Task Lines_end_where_a_text_reader_ends_them(string text)
    {
        var expected = new List<string>();
        var reference = new StringReader(text);
        while (reference.ReadLine() is { } line)
        {
            expected.Add(line);
        }

        foreach (int piece in (int[])[1, 2, 3, 100])
        {
            Assert.Equal(expected, await AllAsync(new ClippedLines(new Pieces(text, piece), 5)));
        }
    }

    [Theory]
    [InlineData("abcdefgh\nij", new[] { "abcde", "ij" })]
    [InlineData("abcde\nij", new[] { "abcde", "ij" })]
    [InlineData("abcdefgh", new[] { "abcde" })]
    public async Task A_long_line_is_clipped(string text, string[] expected)
    {
        foreach (int piece in (int[])[1, 3, 100])
        {
            Assert.Equal(expected, await AllAsync(new ClippedLines(new Pieces(text, piece), 5)));
        }
    }

    [Fact]
    public async Task A_line_without_end_needs_no_memory()
    {
        var lines = new ClippedLines(new Endless(256 << 20), 2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? line = await lines.ReadAsync();
        Assert.Equal(new string('x', 2000), line);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Null(await lines.ReadAsync());
    }

    private static async Task<List<string>> AllAsync(ClippedLines lines)
    {
        var all = new List<string>();
        while (await lines.ReadAsync() is { } line)
        {
            all.Add(line);
        }

        return all;
    }

    /// <summary>Hands a text out in small pieces, as a pipe may.</summary>
    private sealed class Pieces(string text, int size) : TextReader
    {
        private int _position;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(size, buffer.Length), text.Length - _position);
            text.AsSpan(_position, count).CopyTo(buffer.Span);
            _position += count;
            return ValueTask.FromResult(count);
        }
    }

    private sealed class Endless(long length) : TextReader
    {
        private long _left = length;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            int count = (int)Math.Min(buffer.Length, _left);
            buffer.Span[..count].Fill('x');
            _left -= count;
            return ValueTask.FromResult(count);
        }
    }
}
