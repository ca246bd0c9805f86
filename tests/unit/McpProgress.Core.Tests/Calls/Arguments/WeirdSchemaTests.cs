using System.Diagnostics;
using System.Text.Json;
using McpProgress.Core.Calls.Arguments;
using static McpProgress.Core.Tests.Calls.Arguments.Binding;

namespace McpProgress.Core.Tests.Calls.Arguments;

/// <summary>Schemas come from servers, and a server may be careless or hostile.</summary>
public sealed class WeirdSchemaTests
{
    // Hostile input must end soon; the bound is generous because test machines are slow and shared.
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"},{"$ref":"#"}]}""")]
    [InlineData("""{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}""")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}""")]
    [InlineData("""{"properties":{"a":{"$ref":"#/properties/a"}}}""")]
    [InlineData("""{"$ref":"#/not/there"}""")]
    [InlineData("""{"$ref":"#/allOf/-1","allOf":[]}""")]
    [InlineData("""{"$ref":5,"allOf":{},"anyOf":[],"oneOf":null,"properties":null}""")]
    [InlineData("""{"type":[],"enum":5,"required":[1,null],"pattern":5,"additionalProperties":"no"}""")]
    [InlineData("""{"properties":{"a":5,"b":null,"c":[]}}""")]
    [InlineData("""{"properties":{"\ud800":{"type":"string"}},"required":["\ud800"],"description":"\udfff"}""")]
    [InlineData("""{"properties":{"a":{"pattern":"(","minLength":-1,"maxItems":1e99}}}""")]
    [InlineData("""true""")]
    [InlineData("""null""")]
    [InlineData("""5""")]
    [InlineData("""{}""")]
    public void A_schema_that_says_nothing_useful_lets_arguments_through(string schema)
    {
        var time = Stopwatch.StartNew();
        Assert.Equal("""{"a":"x"}""", BindAll(schema, ("a", "x")).ToJsonString());
        Assert.True(time.Elapsed < Soon);
    }

    [Fact]
    public void A_pattern_that_never_ends_is_left_to_the_server()
    {
        var time = Stopwatch.StartNew();
        var text = new string('a', 40) + "!";
        Assert.Equal($"\"{text}\"", BindText("""{"type":"string","pattern":"^(a+)+$"}""", text));
        Assert.True(time.Elapsed < Soon);
    }

    [Fact]
    public void Many_such_patterns_end_in_an_error_soon()
    {
        var time = Stopwatch.StartNew();
        var text = new string('a', 40) + "!";
        var patterns = string.Join(",", Enumerable.Range(1, 1000).Select(i => $$$"""{"pattern":"^(a+)+{{{new string('$', i)}}}"}"""));
        Assert.Contains("too many alternatives", Fails($$"""{ "allOf": [{{patterns}}] }""", text), StringComparison.Ordinal);
        Assert.True(time.Elapsed < Soon);
    }

    [Fact]
    public void Of_very_many_missing_arguments_a_few_are_named_soon()
    {
        var names = Enumerable.Range(1, 30_000).Select(i => $"argument{i}").ToArray();
        var properties = string.Join(",", names.Select(name => $"\"{name}\":{{\"type\":\"integer\"}}"));
        var required = string.Join(",", names.Select(name => $"\"{name}\""));
        var strangers = Enumerable.Range(1, 5).Select(i => ($"argumnet{i}", (object?)i)).ToArray();

        var time = Stopwatch.StartNew();
        var said = FailsAll($$"""{ "properties": { {{properties}} }, "required": [{{required}}] }""", strangers);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(10), $"{time.Elapsed}");
        Assert.StartsWith("The tool needs the arguments 'argument1'", said, StringComparison.Ordinal);
        Assert.Contains("'argument10'", said, StringComparison.Ordinal);
        Assert.EndsWith(" and 29990 more. Nothing was sent.", said, StringComparison.Ordinal);
        Assert.True(said.Length < 2_000, $"{said.Length}");
    }

    [Fact]
    public void Alternatives_that_multiply_end_in_an_error_soon()
    {
        // Sixteen definitions, each any of all the others, none of which fits.
        var names = Enumerable.Range(0, 16).ToArray();
        var all = string.Join(",", names.Select(i => $$$"""{"$ref":"#/$defs/d{{{i}}}"}"""));
        var definitions = string.Join(",", names.Select(i => $$"""
            "d{{i}}": { "maxLength": 0, "anyOf": [{{all}}], "oneOf": [{{all}}] }
            """));
        var time = Stopwatch.StartNew();
        FailsAll($$"""{ "properties": { "a": { "$ref": "#/$defs/d0" } }, "$defs": { {{definitions}} } }""", ("a", "x"));
        Assert.True(time.Elapsed < Soon);
    }

    [Fact]
    public void A_deep_schema_is_no_danger_to_the_stack()
    {
        const int depth = 2_000;
        var schema = string.Concat(Enumerable.Repeat("""{"allOf":[""", depth)) + "{}" + string.Concat(Enumerable.Repeat("]}", depth));
        using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = int.MaxValue });
        var arguments = new Dictionary<string, object?> { ["a"] = "x" };

        var failure = Assert.Throws<McpFailureException>(() => ArgumentBinder.Bind(document.RootElement, arguments));

        Assert.Contains("too deep", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_for_something_else_than_arguments_is_refused() =>
        Assert.Contains("the tool wants string", FailsAll("""{"type":"string"}""", ("a", 1)), StringComparison.Ordinal);

    [Fact]
    public void A_root_that_wants_an_array_is_refused_not_obeyed() =>
        Assert.Contains("does not describe arguments by name", FailsAll("""{"type":"array"}""", ("a", 1)), StringComparison.Ordinal);
}
