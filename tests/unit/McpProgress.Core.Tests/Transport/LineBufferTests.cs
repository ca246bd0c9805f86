using System.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class LineBufferTests
{
    private const int Unlimited = 1 << 20;

    [Fact]
    public void Lines_come_out_whole_however_the_bytes_are_split()
    {
        byte[] input = Encoding.UTF8.GetBytes("first\n\nthird é\r\nlast\n");
        for (int split = 0; split <= input.Length; split++)
        {
            for (int second = split; second <= input.Length; second++)
            {
                var lines = new LineBuffer(Unlimited);
                List<string> read =
                [
                    .. Feed(lines, input.AsSpan(0, split)), .. Feed(lines, input.AsSpan(split, second - split)), .. Feed(lines, input.AsSpan(second)),
                ];
                Assert.Equal(["first", "", "third é\r", "last"], read);
            }
        }
    }

    [Fact]
    public void Bytes_may_come_one_at_a_time()
    {
        var lines = new LineBuffer(Unlimited);
        List<string> read = [];
        foreach (byte one in "ab\ncd\n"u8)
        {
            read.AddRange(Feed(lines, [one]));
        }

        Assert.Equal(["ab", "cd"], read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void Lines_longer_than_the_first_buffer_survive_its_growth(int chunk)
    {
        var random = new Random(20260728);
        string[] expected = [.. Enumerable.Range(0, 40).Select(_ => new string((char)random.Next('a', 'z'), random.Next(0, 20_000)))];
        expected[7] = new string('x', 300_000);
        expected[31] = new string('y', 150_000);
        byte[] input = Encoding.UTF8.GetBytes(string.Concat(expected.Select(line => line + "\n")));
        var lines = new LineBuffer(Unlimited);
        List<string> read = [];
        for (int at = 0; at < input.Length; at += chunk)
        {
            read.AddRange(Feed(lines, input.AsSpan(at, Math.Min(chunk, input.Length - at))));
        }

        Assert.Equal(expected, read);
    }

    [Fact]
    public void The_memory_of_a_huge_line_is_given_back_once_it_is_read()
    {
        var lines = new LineBuffer(16 << 20);
        Feed(lines, Encoding.UTF8.GetBytes(new string('x', 8 << 20) + "\n"));
        Feed(lines, "small\n"u8);
        Assert.True(lines.GetMemory().Length <= 1 << 20, $"{lines.GetMemory().Length} bytes are still held.");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300)]
    [InlineData(70_000)]
    [InlineData(200_000)]
    public void A_line_of_just_the_limit_is_read_and_one_byte_more_is_not(int limit)
    {
        foreach (int chunk in new[] { 1, 97, 1 << 16, 1 << 20 })
        {
            var lines = new LineBuffer(limit);
            string[] texts = [new('a', limit), new('b', limit + 1), new('c', limit), new('d', limit + 1), new('e', 3 * limit), "f", new('g', limit)];
            byte[] input = Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text + "\n")));
            List<string> read = [];
            for (int at = 0; at < input.Length; at += chunk)
            {
                read.AddRange(Feed(lines, input.AsSpan(at, Math.Min(chunk, input.Length - at))));
            }

            Assert.Equal([texts[0], "oversized b..b", texts[2], "oversized d..d", "oversized e..e", "f", texts[6]], read);
        }
    }

    [Fact]
    public void Of_a_line_too_long_the_two_ends_are_kept()
    {
        for (int chunk = 1; chunk < 2000; chunk += 333)
        {
            var lines = new LineBuffer(1000);
            byte[] input = Encoding.UTF8.GetBytes("HEAD" + new string('-', 150_000) + "TAIL\nnext\n");
            var oversized = new List<LineBuffer.OversizedLine>();
            List<string> read = [];
            for (int at = 0; at < input.Length; at += chunk)
            {
                read.AddRange(Feed(lines, input.AsSpan(at, Math.Min(chunk, input.Length - at)), oversized));
            }

            LineBuffer.OversizedLine line = Assert.Single(oversized);
            Assert.StartsWith("HEAD", Encoding.UTF8.GetString(line.Head), StringComparison.Ordinal);
            Assert.EndsWith("TAIL", Encoding.UTF8.GetString(line.Tail), StringComparison.Ordinal);
            Assert.True(line.Head.Length <= 256 && line.Tail.Length <= 256);
            Assert.Equal("next", read[^1]);
        }
    }

    [Fact]
    public void What_has_no_line_feed_at_the_end_of_the_stream_is_still_a_line()
    {
        var lines = new LineBuffer(Unlimited);
        Feed(lines, "whole\nrest"u8);
        Assert.True(lines.TryReadRest(out Span<byte> rest, out LineBuffer.OversizedLine? oversized));
        Assert.Null(oversized);
        Assert.Equal("rest", Encoding.UTF8.GetString(rest));
        Assert.False(lines.TryReadRest(out _, out _));
    }

    [Fact]
    public void A_line_too_long_may_also_be_the_last_one()
    {
        var lines = new LineBuffer(100);
        Feed(lines, Encoding.UTF8.GetBytes(new string('x', 5000)));
        Assert.True(lines.TryReadRest(out _, out LineBuffer.OversizedLine? oversized));
        Assert.NotNull(oversized);
    }

    [Fact]
    public void Reading_lines_allocates_nothing()
    {
        var lines = new LineBuffer(Unlimited);
        byte[] input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n", 1001)))[..^11];
        int count = 0;
        Pass();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++)
        {
            Pass();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(count > 200_000);

        void Pass()
        {
            ReadOnlySpan<byte> left = input;
            while (!left.IsEmpty)
            {
                Memory<byte> space = lines.GetMemory();
                int size = Math.Min(space.Length, Math.Min(left.Length, 5000));
                left[..size].CopyTo(space.Span);
                left = left[size..];
                lines.Advance(size);
                while (lines.TryRead(out _, out _))
                {
                    count++;
                }
            }
        }
    }

    private static List<string> Feed(LineBuffer lines, ReadOnlySpan<byte> bytes, List<LineBuffer.OversizedLine>? tooLong = null)
    {
        List<string> read = [];
        while (!bytes.IsEmpty)
        {
            Memory<byte> space = lines.GetMemory();
            Assert.False(space.IsEmpty);
            int size = Math.Min(space.Length, bytes.Length);
            bytes[..size].CopyTo(space.Span);
            bytes = bytes[size..];
            lines.Advance(size);
            while (lines.TryRead(out Span<byte> line, out LineBuffer.OversizedLine? oversized))
            {
                if (oversized is null)
                {
                    read.Add(Encoding.UTF8.GetString(line));
                }
                else
                {
                    Assert.True(line.IsEmpty);
                    tooLong?.Add(oversized);
                    read.Add($"oversized {(char)oversized.Head[0]}..{(char)oversized.Tail[^1]}");
                }
            }
        }

        return read;
    }
}
