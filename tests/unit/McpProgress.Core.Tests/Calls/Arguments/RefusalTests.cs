using System.Collections;
using System.Security;
using System.Text.Json;
using McpProgress.Core.Calls.Arguments;
using static McpProgress.Core.Tests.Calls.Arguments.Binding;

namespace McpProgress.Core.Tests.Calls.Arguments;

public sealed class RefusalTests
{
    public static TheoryData<string, object?, string> Refusals => new()
    {
        { """{"type":"integer"}""", "abc", "got the text 'abc', but the tool wants integer." },
        { """{"type":"integer"}""", 5.5, "got the number 5.5, but the tool wants integer." },
        { """{"type":"integer"}""", 4.9999999999999991, "the tool wants integer." },
        { """{"type":"integer"}""", "5.5", "the tool wants integer." },
        { """{"type":"integer"}""", "", "got the text '', but" },
        { """{"type":"integer"}""", true, "got the boolean true, but" },
        { """{"type":"integer"}""", null, "got null, but the tool wants integer." },
        { """{"type":"integer"}""", Items(1, 2), "got an array of 2, but" },
        { """{"type":"number"}""", "1e999", "the tool wants number." },
        { """{"type":"number"}""", "0x10", "the tool wants number." },
        { """{"type":"number"}""", double.NaN, "NaN is not a number that JSON has" },
        { """{"type":"boolean"}""", "yes", "the tool wants boolean." },
        { """{"type":"boolean"}""", 2, "the tool wants boolean." },
        { """{"type":"string"}""", new Hashtable(), "got an empty object, but the tool wants string." },
        { """{"type":"string"}""", new Hashtable { ["x"] = 1 }, "got an object with x, but" },
        { """{"type":"object"}""", "x", "the tool wants object." },
        { """{"type":"object"}""", Items(1), "the tool wants object." },
        { """{"type":"null"}""", "", "the tool wants null." },
        { """false""", 1, "the tool wants nothing." },

        { """{"type":"integer","minimum":1,"maximum":10}""", "11", "got the number 11, but the tool wants integer 1..10." },
        { """{"type":"integer","minimum":1}""", 0, "the tool wants integer >= 1." },
        { """{"type":"number","exclusiveMinimum":0,"maximum":1}""", 0.0, "the tool wants number > 0 and <= 1." },
        { """{"type":"number","exclusiveMaximum":0.3}""", 0.3m, "the tool wants number < 0.3." },
        { """{"type":"string","minLength":2}""", "👍", "the tool wants string of at least 2 characters." },
        { """{"type":"string","maxLength":2}""", "abc", "the tool wants string of at most 2 characters." },
        { """{"type":"string","pattern":"^[a-z]+$"}""", "A", "the tool wants string matching ^[a-z]+$." },
        { """{"type":"array","minItems":1}""", Array.Empty<int>(), "got an array of 0, but the tool wants array, at least 1 items." },
        { """{"type":"array","maxItems":1}""", Items(1, 2), "array, at most 1 items." },
        { """{"type":"object","minProperties":1}""", new Hashtable(), "the tool wants object." },
        { """{"enum":["a","b"]}""", "c", "got the text 'c', but the tool wants one of a, b." },
        { """{"enum":["a","A"]}""", "á", "one of a, A." },
        { """{"const":"x"}""", "c", "the tool wants x." },
        { """{"allOf":[{"type":"string"},{"type":"string","maxLength":1}]}""", "abc", "at most 1 characters." },
        { """{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}""", 0, "the tool wants integer >= 1." },
        { """{"anyOf":[{"type":"integer"},{"type":"boolean"}]}""", "abc", "the tool wants integer or boolean." },
        { """{"type":["integer","null"]}""", "abc", "the tool wants integer or null." },
        { """{"type":"string","maxLength":1}""", new string('x', 500), $"got the text '{new string('x', 59)}…', but" },
        { """{"type":"integer"}""", "\u001b[31mred", "got the text 'red', but" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_value_that_does_not_fit_is_named_with_what_is_wanted(string schema, object? value, string message)
    {
        var said = Fails(schema, value);
        Assert.StartsWith("Argument 'a': ", said, StringComparison.Ordinal);
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_path_leads_to_the_value()
    {
        const string schema = """
            {"type":"array","items":{"type":"object","properties":{"name":{"type":"array","items":{"type":"integer"}}}}}
            """;
        var value = new object[] { new Hashtable(), new Hashtable { ["NAME"] = Items(1, "x") } };
        Assert.StartsWith("Argument 'a[1].name[1]': got the text 'x'", Fails(schema, value), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"string","format":"password","maxLength":1}""", "s3cret")]
    [InlineData("""{"type":"string","writeOnly":true,"maxLength":1}""", "s3cret")]
    [InlineData("""{"type":"string","format":"password","maxLength":1}""", 53)]
    public void What_the_schema_marks_secret_is_not_shown(string schema, object value) =>
        Assert.DoesNotContain(value.ToString()!, Fails(schema, value), StringComparison.Ordinal);

    [Fact]
    public void Missing_arguments_are_all_named_with_their_descriptions()
    {
        const string schema = """
            {"type":"object","required":["path","count","odd"],"properties":{
              "path":{"type":"string","description":"The \u001b[31mfile\nto read"},"count":{"type":"integer","minimum":1,"maximum":10}}}
            """;
        Assert.Equal(
            "The tool needs the arguments 'path' (string: The file to read), 'count' (integer 1..10), 'odd'. Nothing was sent.",
            FailsAll(schema));
        Assert.Equal(
            "The tool needs the argument 'path' (you gave 'pth') (string: The file to read). Nothing was sent.",
            FailsAll(schema, ("pth", "x"), ("COUNT", 1), ("odd", null)));
    }

    [Fact]
    public void A_missing_member_further_down_is_named_with_its_path() =>
        Assert.Equal(
            "Argument 'a' needs 'n' (integer). Nothing was sent.",
            Fails("""{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}""", new Hashtable()));

    [Fact]
    public void An_unknown_argument_gets_the_nearest_names()
    {
        const string schema = """{"type":"object","properties":{"path":{},"size":{}},"additionalProperties":false}""";

        Assert.Equal("The tool has no argument 'pahts'. Did you mean 'path'? Nothing was sent.", FailsAll(schema, ("pahts", 1)));
        Assert.Equal("The tool has no argument 'zzz'. It takes path, size. Nothing was sent.", FailsAll(schema, ("zzz", 1)));
        Assert.Equal("The tool has no argument 'x'. It takes none. Nothing was sent.", FailsAll("""{"additionalProperties":false}""", ("x", 1)));
        Assert.StartsWith("Argument 'a' has no 'pth'. Did you mean 'path'?", Fails(schema, new Hashtable { ["pth"] = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_could_be_two_arguments_is_refused()
    {
        const string schema = """{"properties":{"name":{},"Name":{}}}""";
        Assert.StartsWith("'NAME' could be any of the arguments 'name', 'Name'; write it exactly.", FailsAll(schema, ("NAME", 1)), StringComparison.Ordinal);
        Assert.StartsWith("'X' and 'x' both mean the argument 'x'; give it once.", FailsAll("""{"properties":{"x":{}}}""", ("X", 1), ("x", 2)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_alternatives_the_one_that_was_meant_says_what_is_wrong()
    {
        const string schema = """
            {"anyOf":[
              {"type":"object","properties":{"kind":{"const":"file"},"path":{"type":"string"}},"required":["kind","path"]},
              {"type":"object","properties":{"kind":{"const":"url"},"port":{"type":"integer"}},"required":["kind","port"]},
              {"type":"null"}]}
            """;
        Assert.StartsWith("Argument 'a.port': got the text 'x'", Fails(schema, new Hashtable { ["kind"] = "url", ["port"] = "x" }), StringComparison.Ordinal);
        Assert.Contains("object with kind, path or object with kind, port or null", Fails(schema, 5), StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_cannot_be_sent_is_named_and_never_shown()
    {
        using var secret = new SecureString();
        var said = Fails("{}", Items(secret));
        Assert.StartsWith("Argument 'a[0]': a value of type System.Security.SecureString cannot be sent", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cycle_ends_in_an_error()
    {
        var cycle = new Hashtable();
        cycle["x"] = cycle;
        cycle["y"] = Items(cycle);
        Assert.Contains("more than 60 levels deep", Fails("{}", cycle), StringComparison.Ordinal);
    }

    [Fact]
    public void Sixty_levels_are_sent_and_one_more_is_not()
    {
        static object Nest(int levels) => Enumerable.Range(0, levels).Aggregate((object)1, (inner, _) => Items(inner));

        var sent = ArgumentBinder.Bind(Schema("{}"), new Dictionary<string, object?> { ["a"] = Nest(60) });
        Assert.NotNull(JsonDocument.Parse($$$"""{"params":{"arguments":{{{sent.ToJsonString()}}}}}"""));
        Assert.Contains("levels deep", Fails("{}", Nest(61)), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_multiply_end_in_an_error()
    {
        // Each level holds the one below twice: 2^50 values in fifty small tables.
        var table = Enumerable.Range(0, 50).Aggregate(new Hashtable(), (inner, _) => new Hashtable { ["l"] = inner, ["r"] = inner });
        Assert.Contains("more than 1,000,000 values", Fails("{}", table).Replace('.', ','), StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_sequence_ends_in_an_error()
    {
        static IEnumerable Endless()
        {
            while (true)
            {
                yield return 1;
            }
        }

        Assert.StartsWith("Argument 'a[", Fails("{}", Endless()), StringComparison.Ordinal);
    }
}
