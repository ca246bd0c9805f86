using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tests.Transport;

public sealed class ProgressLineTests
{
    private static readonly string[] Members =
    [
        "\"jsonrpc\":\"2.0\"",
        "\"method\":\"notifications/progress\"",
        "\"params\":{\"progressToken\":4294967296,\"progress\":2,\"total\":5,\"message\":\"half\"}",
    ];

    [Fact]
    public void Members_may_come_in_any_order()
    {
        string[] inner = ["\"progressToken\":7", "\"progress\":2.5", "\"total\":10", "\"message\":\"m\"", "\"_meta\":{\"progress\":[1,{\"total\":3}]}"];
        foreach (IReadOnlyList<string> outerOrder in Permutations(Members[..2].Append("P").ToArray()))
        {
            foreach (IReadOnlyList<string> innerOrder in Permutations(inner))
            {
                string line = "{" + string.Join(',', outerOrder).Replace("P", "\"params\":{" + string.Join(',', innerOrder) + "}", StringComparison.Ordinal) + "}";
                Assert.Equal(new ProgressLine.Content(7, 2.5, 10, "m"), Read(line));
            }
        }
    }

    [Fact]
    public void Spaces_between_the_tokens_change_nothing()
    {
        const string Line = " { \"method\" : \"notifications/progress\" ,\t\"params\" : { \"progress\" : 1 , \"progressToken\" : 7 } } ";
        Assert.Equal(new ProgressLine.Content(7, 1, null, null), Read(Line));
    }

    [Theory]
    [InlineData("7", 7L)]
    [InlineData("\"7\"", 7L)]
    [InlineData("\"\\u0037\"", 7L)]
    [InlineData("-7", -7L)]
    [InlineData("4294967296", 1L << 32)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("7.5", null)]
    [InlineData("\"\"", null)]
    [InlineData("\" 7\"", null)]
    [InlineData("\"7x\"", null)]
    [InlineData("\"seven\"", null)]
    [InlineData("\"\\ud800\"", null)]
    [InlineData("null", null)]
    [InlineData("true", null)]
    [InlineData("[7]", null)]
    [InlineData("{\"a\":7}", null)]
    public void A_token_is_an_integer_or_its_text(string json, long? expected)
    {
        string parameters = $$"""{"progressToken":{{json}},"progress":1}""";
        Assert.Equal(expected, Read(Notification(parameters)).Token);
        Assert.Equal(expected, ProgressLine.Read(JsonNode.Parse(parameters)).Token);
    }

    [Theory]
    [InlineData("1", 1d)]
    [InlineData("-0.5", -0.5)]
    [InlineData("1e3", 1000d)]
    [InlineData("1e999", double.PositiveInfinity)]
    [InlineData("-1e999", double.NegativeInfinity)]
    [InlineData("\"1\"", null)]
    [InlineData("\"NaN\"", null)]
    [InlineData("null", null)]
    [InlineData("false", null)]
    [InlineData("[1]", null)]
    [InlineData("{\"progress\":1}", null)]
    public void A_number_is_a_JSON_number_and_nothing_else(string json, double? expected)
    {
        string parameters = $$"""{"progressToken":7,"progress":{{json}},"total":{{json}}}""";
        Assert.Equal(new ProgressLine.Content(7, expected, expected, null), Read(Notification(parameters)));
        Assert.Equal(new ProgressLine.Content(7, expected, expected, null), ProgressLine.Read(JsonNode.Parse(parameters)));
    }

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"\"", "")]
    [InlineData("\"a\\\"b\\\\c\\n\\u00e9\\ud83d\\ude00\"", "a\"b\\c\né😀")]
    [InlineData("\"\\u001b[31mred\"", "\u001b[31mred")]
    [InlineData("null", null)]
    [InlineData("7", null)]
    [InlineData("{\"text\":\"x\"}", null)]
    public void A_message_is_a_string_and_nothing_else(string json, string? expected)
    {
        string parameters = $$"""{"progressToken":7,"progress":1,"message":{{json}}}""";
        Assert.Equal(expected, Read(Notification(parameters)).Message);
        Assert.Equal(expected, ProgressLine.Read(JsonNode.Parse(parameters)).Message);
    }

    [Fact]
    public void A_message_cut_in_the_middle_of_an_emoji_costs_the_message_and_not_the_update()
    {
        // What JavaScript makes of "😀".slice(0, 1): valid JSON, and no valid text.
        const string Parameters = """{"progressToken":7,"progress":3,"message":"smile \ud83d"}""";
        Assert.Equal(new ProgressLine.Content(7, 3, null, null), Read(Notification(Parameters)));
        Assert.Equal(new ProgressLine.Content(7, 3, null, null), ProgressLine.Read(JsonNode.Parse(Parameters)));
    }

    [Fact]
    public void A_message_in_another_encoding_costs_the_message_and_not_the_update()
    {
        byte[] line = Encoding.Latin1.GetBytes(Notification("""{"progressToken":7,"progress":3,"message":"caf\u00e9"}""").Replace("\\u00e9", "é", StringComparison.Ordinal));
        Assert.True(ProgressLine.TryRead(line, out ProgressLine.Content content));
        Assert.Equal(new ProgressLine.Content(7, 3, null, null), content);
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("{\"progress\":1}", null)]
    [InlineData("{\"progressToken\":7}", 7L)]
    [InlineData("[]", null)]
    [InlineData("[{\"progressToken\":7}]", null)]
    [InlineData("null", null)]
    [InlineData("7", null)]
    public void What_is_missing_is_null(string parameters, long? token) =>
        Assert.Equal(token, Read(Notification(parameters)).Token);

    [Fact]
    public void Parameters_may_be_missing_altogether() =>
        Assert.Equal(default, Read("""{"jsonrpc":"2.0","method":"notifications/progress"}"""));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("notifications/progress")]
    [InlineData("\"notifications/progress\"")]
    [InlineData("[\"notifications/progress\"]")]
    [InlineData("{\"method\":\"notifications/progress\"")]
    [InlineData("{\"method\":\"notifications/progress\",}")]
    [InlineData("{\"method\":\"notifications/progress\"} trailing")]
    [InlineData("{\"method\":\"notifications/progress\"}{\"method\":\"notifications/progress\"}")]
    [InlineData("{\"method\":\"notifications/progress\",\"params\":{\"progress\":NaN}}")]
    [InlineData("{\"method\":\"notifications/progress\",\"params\":{\"progress\":01}}")]
    [InlineData("{\"method\":\"notifications/message\",\"params\":{\"data\":\"notifications/progress\"}}")]
    [InlineData("{\"method\":[\"notifications/progress\"]}")]
    [InlineData("{\"id\":1,\"method\":\"notifications/progress\",\"params\":{\"progressToken\":7,\"progress\":1}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"method\":\"notifications/progress\"}}")]
    [InlineData("{\"Method\":\"notifications/progress\",\"params\":{}}")]
    public void Anything_else_is_no_progress_notification(string line) =>
        Assert.False(ProgressLine.TryRead(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void Every_beginning_of_a_notification_is_refused()
    {
        byte[] line = Encoding.UTF8.GetBytes("{" + string.Join(',', Members) + "}");
        for (int length = 0; length < line.Length; length++)
        {
            Assert.False(ProgressLine.TryRead(line.AsSpan(0, length), out _));
        }

        Assert.True(ProgressLine.TryRead(line, out _));
    }

    [Fact]
    public void Nesting_without_end_is_refused_and_does_no_harm() =>
        Assert.False(ProgressLine.TryRead(
            Encoding.UTF8.GetBytes(Notification("{\"x\":" + new string('[', 2000) + new string(']', 2000) + "}")), out _));

    [Fact]
    public void The_line_and_the_tree_are_read_alike()
    {
        var random = new Random(1686);
        string[] values =
        [
            "0", "1", "-1", "7", "4294967296", "1.5", "1e2", "1e999", "\"7\"", "\"+7\"", "\"-7\"", "\"7 \"", "\"0x7\"", "\"٧\"", "\"1,000\"", "\"x\"",
            "\"\\u0037\"", "\"\\ud800\"", "null", "true", "false", "[]", "[7]", "{}", "{\"progress\":3}",
        ];
        string[] names = ["progressToken", "progress", "total", "message", "_meta", "Progress"];
        for (int i = 0; i < 20_000; i++)
        {
            IEnumerable<string> members = names.Where(_ => random.Next(4) > 0).OrderBy(_ => random.Next())
                .Select(name => $"\"{name}\":{values[random.Next(values.Length)]}");
            string parameters = "{" + string.Join(',', members) + "}";
            ProgressLine.Content fromTree = ProgressLine.Read(JsonNode.Parse(parameters));
            ProgressLine.Content fromLine = Read(Notification(parameters));
            Assert.True(fromTree == fromLine, $"{parameters}: {fromLine} from the line, {fromTree} from the tree");
        }
    }

    [Fact]
    public void No_damage_to_a_line_throws()
    {
        var random = new Random(2663);
        byte[] line = Encoding.UTF8.GetBytes("{" + string.Join(',', Members) + "}");
        for (int i = 0; i < 50_000; i++)
        {
            byte[] damaged = [.. line];
            for (int hit = random.Next(1, 4); hit > 0; hit--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            ProgressLine.TryRead(damaged, out _);
        }
    }

    private static string Notification(string parameters) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{{parameters}}}""");

    private static ProgressLine.Content Read(string line)
    {
        Assert.True(ProgressLine.TryRead(Encoding.UTF8.GetBytes(line), out ProgressLine.Content content), line);
        return content;
    }

    private static IEnumerable<IReadOnlyList<string>> Permutations(string[] items) => items.Length < 2
        ? [items]
        : items.SelectMany((item, at) => Permutations([.. items[..at], .. items[(at + 1)..]]).Select(rest => (string[])[item, .. rest]));
}
