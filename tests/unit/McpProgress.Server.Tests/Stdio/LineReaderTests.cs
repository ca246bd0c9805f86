using System.Text;
using McpProgress.Server.Stdio;

namespace McpProgress.Server.Tests.Stdio;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("a\nb\n", "Line:a Line:b End:")]
    [InlineData("a\nb", "Line:a Line:b End:")]
    [InlineData("\n\na\r\n", "Line: Line: Line:a\r End:")]
    [InlineData("\uFEFFa\n\uFEFFb\n", "Line:a Line:\uFEFFb End:")]
    [InlineData("", "End:")]
    [InlineData("12345678901\nb\n", "TooLong: Line:b End:")]
    [InlineData("1234567890\nb\n", "Line:1234567890 Line:b End:")]
    [InlineData("123456789012345678901234567890", "End:")]
    public async Task Lines_come_whole_however_the_stream_is_cut(string text, string expected)
    {
        foreach (var chunk in new[] { 1, 2, 3, 7, 1000 })
        {
            using var stream = new ChunkedStream(Encoding.UTF8.GetBytes(text), chunk);
            var reader = new LineReader(stream, maxBytes: 10);
            var seen = new List<string>();
            LineKind kind;
            do
            {
                (kind, var line) = await reader.ReadAsync(default);
                seen.Add($"{kind}:{Encoding.UTF8.GetString(line.Span)}");
            }
            while (kind != LineKind.End);

            Assert.Equal(expected, string.Join(' ', seen));
        }
    }

    [Fact]
    public async Task A_line_larger_than_the_buffer_comes_whole()
    {
        var text = new string('x', 1_000_000);
        using var stream = new ChunkedStream(Encoding.UTF8.GetBytes($"a\n{text}\nb\n"), 10_000);
        var reader = new LineReader(stream, maxBytes: 2_000_000);
        Assert.Equal(1, (await reader.ReadAsync(default)).Line.Length);
        Assert.Equal(1_000_000, (await reader.ReadAsync(default)).Line.Length);
        Assert.Equal(1, (await reader.ReadAsync(default)).Line.Length);
        Assert.Equal(LineKind.End, (await reader.ReadAsync(default)).Kind);
    }

    [Fact]
    public async Task The_memory_of_a_huge_line_is_given_back()
    {
        var text = new string('x', 5_000_000);
        using var stream = new ChunkedStream(Encoding.UTF8.GetBytes($"{text}\nb\n"), 5_000_001);
        var reader = new LineReader(stream, maxBytes: 10_000_000);
        Assert.Equal(5_000_000, (await reader.ReadAsync(default)).Line.Length);
        Assert.Equal(1, (await reader.ReadAsync(default)).Line.Length);
        Assert.Equal(LineKind.End, (await reader.ReadAsync(default)).Kind);
        Assert.InRange(stream.LastRoom, 1, 1024 * 1024);
    }

    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        /// <summary>How much the last read had room for.</summary>
        public int LastRoom { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            LastRoom = buffer.Length;
            return ValueTask.FromResult(Read(buffer.Span[..Math.Min(chunk, buffer.Length)]));
        }
    }
}
