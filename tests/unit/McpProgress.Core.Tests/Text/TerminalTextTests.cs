using McpProgress.Core.Text;

namespace McpProgress.Core.Tests.Text;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("Grüße, 世界 👩‍👩‍👧 – “quoted” שלום")]
    public void Clean_text_is_the_same_instance(string text)
    {
        Assert.Same(text, TerminalText.Clean(text));
        Assert.Same(text, TerminalText.Clean(text, keepLines: true));
    }

    [Fact]
    public void Null_is_empty() => Assert.Equal("", TerminalText.Clean(null));

    [Theory]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b[38;2;1;2;3;4:5mx", "x")]
    [InlineData("a\u001b[2J\u001b[Hb", "ab")]
    [InlineData("\u001b]0;title\u0007text", "text")]
    [InlineData("\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u001b]52;c;aGk=\u009ctext", "text")]
    [InlineData("\u001bPq#0;2;0\u001b\\text", "text")]
    [InlineData("\u001b_apc\u001b\\\u001b^pm\u001b\\\u001bXsos\u001b\\text", "text")]
    [InlineData("\u009b31mred", "red")]
    [InlineData("\u009d0;title\u009ctext", "text")]
    [InlineData("\u0090dcs\u001b\\text", "text")]
    [InlineData("\u001b(Bx\u001bcy\u001b7z", "xyz")]
    [InlineData("a\u0000b\u0007c\u0008d\u007fe", "abcde")]
    [InlineData("user\u202egpj.exe\u202c \u2066x\u2069", "usergpj.exe x")]
    [InlineData("ends\u001b", "ends")]
    [InlineData("ends\u001b[", "ends")]
    [InlineData("ends\u001b[1;2", "ends")]
    [InlineData("ends\u001b(", "ends")]
    [InlineData("\u001b[31\u0007m", "m")]
    public void Controls_and_sequences_go(string dirty, string clean)
    {
        Assert.Equal(clean, TerminalText.Clean(dirty));
        Assert.Equal(clean, TerminalText.Clean(dirty, keepLines: true));
    }

    [Theory]
    [InlineData("a\r\nb", "a b", "a\nb")]
    [InlineData("a\rb", "a b", "a\nb")]
    [InlineData("a\n\n\tb", "a b", "a\n\n\tb")]
    [InlineData("a\u2028b\u0085c\vd", "a b c d", "a\nb\nc\nd")]
    [InlineData("\u001b]0;never ended\nnext", " next", "\nnext")]
    public void Lines_become_spaces_or_stay(string text, string oneLine, string lines)
    {
        Assert.Equal(oneLine, TerminalText.Clean(text));
        Assert.Equal(lines, TerminalText.Clean(text, keepLines: true));
    }

    [Fact]
    public void An_escape_within_a_string_sequence_starts_anew() =>
        Assert.Equal("text", TerminalText.Clean("\u001b]0;title\u001b[31mtext"));

    [Fact]
    public void Nothing_unsafe_survives_random_input()
    {
        const string alphabet = "ab[]()\\;0m\u001b\u001b\u009b\u009d\u0090\u009c\u0007\u0018\r\n\t\u202e\u2028 é";
        var random = new Random(20260728);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string(random.GetItems<char>(alphabet, random.Next(1, 40)));

            var oneLine = TerminalText.Clean(text);
            Assert.DoesNotContain(oneLine, c => char.IsControl(c) || c is '\u2028' or '\u202e');
            Assert.Same(oneLine, TerminalText.Clean(oneLine));

            var lines = TerminalText.Clean(text, keepLines: true);
            Assert.DoesNotContain(lines, c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u2028' or '\u202e');
            Assert.Same(lines, TerminalText.Clean(lines, keepLines: true));
        }
    }

    [Fact]
    public void Many_unterminated_sequences_take_linear_time()
    {
        // Scanning to the end for each of them would take hours.
        var text = string.Concat(Enumerable.Repeat("\u001b]", 2_000_000));
        Assert.Equal("", TerminalText.Clean(text));
    }

    [Theory]
    [InlineData(null, 5, "")]
    [InlineData("short", 5, "short")]
    [InlineData("longer", 5, "long…")]
    [InlineData("x", 1, "x")]
    [InlineData("xy", 1, "…")]
    [InlineData("ab👍cd", 4, "ab…")]
    [InlineData("ab👍cd", 5, "ab👍…")]
    public void Shorten_cuts_between_characters(string? text, int max, string expected) =>
        Assert.Equal(expected, TerminalText.Shorten(text, max));
}
