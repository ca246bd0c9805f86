using System.Text;
using McpProgress.Core.Tests.Properties;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class MendedStreamTests
{
    [Fact]
    public void However_a_text_arrives_and_is_read_it_is_mended_as_a_whole() => ForAll.Inputs(inputs =>
    {
        string text = inputs.Keep(string.Concat(Enumerable.Range(0, inputs.Random.Next(12)).Select(_ => inputs.Pick(
            "\\ud83c", "\\udf89", "\\uD83C\\uDF89", "\\u0041", "\\", "\\\\", "\\u", "\\ud8", "\\n", "a", "é", "\n\n", "data: "))));
        using var mended = new MendedStream(new Pieces(Encoding.UTF8.GetBytes(text), () => inputs.Random.Next(1, inputs.Chance(3) ? 200 : 5)));

        var read = new MemoryStream();
        byte[] buffer = new byte[inputs.Chance(2) ? 100 : inputs.Random.Next(1, 15)];
        while (mended.Read(buffer) is var count and > 0)
        {
            read.Write(buffer, 0, count);
        }

        Assert.Equal(Surrogates.Mend(text), Encoding.UTF8.GetString(read.ToArray()));
        Assert.Equal(0, mended.Read(buffer));
    });

    [Theory]
    [InlineData("x", "x")]
    [InlineData("x\\", "x")]
    [InlineData("x\\ud83", "x")]
    [InlineData("x\\ud83c", "x")]
    [InlineData("x\\ud83c\\udf8", "x")]
    [InlineData("x\\ud83c\\udf89", "x\\ud83c\\udf89")]
    [InlineData("x\\ud83c\\n", "x\\ufffd\\n")]
    [InlineData("x\\ud83c\"", "x\\ufffd\"")]
    [InlineData("x\\udf89", "x\\ufffd")]
    [InlineData("x\\ud83\"", "x\\ud83\"")]
    public async Task Only_what_more_bytes_may_change_is_held_back(string sent, string settled)
    {
        await using var mended = new MendedStream(new Pieces(Encoding.UTF8.GetBytes(sent), () => 100));
        byte[] buffer = new byte[100];

        int count = await mended.ReadAsync(buffer);

        Assert.Equal(settled, Encoding.UTF8.GetString(buffer.AsSpan(0, count)));
    }

    [Fact]
    public async Task It_is_the_same_for_those_who_wait()
    {
        using var mended = new StreamReader(new MendedStream(new Pieces("caf\\udce9"u8.ToArray(), () => 2)));
        Assert.Equal("caf\\ufffd", await mended.ReadToEndAsync());
    }

    /// <summary>A stream that gives its bytes in pieces.</summary>
    private sealed class Pieces(byte[] bytes, Func<int> length) : ReadStream(Null)
    {
        private int _place;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Take(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Take(buffer.AsSpan(offset, count));

        private int Take(Span<byte> buffer)
        {
            int count = Math.Min(Math.Min(length(), buffer.Length), bytes.Length - _place);
            bytes.AsSpan(_place, count).CopyTo(buffer);
            _place += count;
            return count;
        }
    }
}
