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
    public void Lines_end_where_a_text_reader_ends_them(string text)
    {
        var expected = new List<string>();
        var reference = new StringReader(text);
        while (reference.ReadLine() is { } line)
        {
            expected.Add(line);
        }

        foreach (int piece in (int[])[1, 2, 3, 100])
        {
            Assert.Equal(expected, All(new ClippedLines(new Pieces(text, piece), 5)));
        }
    }

    [Theory]
    [InlineData("abcdefgh\nij", new[] { "abcde", "ij" })]
    [InlineData("abcde\nij", new[] { "abcde", "ij" })]
    [InlineData("abcdefgh", new[] { "abcde" })]
    public void A_long_line_is_clipped(string text, string[] expected)
    {
        foreach (int piece in (int[])[1, 3, 100])
        {
            Assert.Equal(expected, All(new ClippedLines(new Pieces(text, piece), 5)));
        }
    }

    [Fact]
    public void A_line_without_end_needs_no_memory()
    {
        var lines = new ClippedLines(new Endless(256 << 20), 2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? line = lines.Read();
        Assert.Equal(new string('x', 2000), line);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Null(lines.Read());
    }

    private static List<string> All(ClippedLines lines)
    {
        var all = new List<string>();
        while (lines.Read() is { } line)
        {
            all.Add(line);
        }

        return all;
    }

    /// <summary>Hands a text out in small pieces, as a pipe may.</summary>
    private sealed class Pieces(string text, int size) : TextReader
    {
        private int _position;

        public override int Read(Span<char> buffer)
        {
            int count = Math.Min(Math.Min(size, buffer.Length), text.Length - _position);
            text.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }
    }

    private sealed class Endless(long length) : TextReader
    {
        private long _left = length;

        public override int Read(Span<char> buffer)
        {
            int count = (int)Math.Min(buffer.Length, _left);
            buffer[..count].Fill('x');
            _left -= count;
            return count;
        }
    }
}
