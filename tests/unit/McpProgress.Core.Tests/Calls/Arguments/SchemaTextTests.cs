using McpProgress.Core.Calls.Arguments;
using static McpProgress.Core.Tests.Calls.Arguments.Binding;

namespace McpProgress.Core.Tests.Calls.Arguments;

public sealed class SchemaTextTests
{
    [Theory]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10}""", "integer 1..10")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", "number > 0")]
    [InlineData("""{"minimum":1}""", "number >= 1")]
    [InlineData("""{"type":"string"}""", "string")]
    [InlineData("""{"type":"string","format":"date-time"}""", "string (date-time)")]
    [InlineData("""{"type":"string","minLength":1,"maxLength":10}""", "string of 1..10 characters")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":3,"pattern":"^a"}""", "string of 3 characters matching ^a")]
    [InlineData("""{"pattern":"^a"}""", "string matching ^a")]
    [InlineData("""{"enum":["a","b","c"]}""", "one of a, b, c")]
    [InlineData("""{"enum":[1,null,true]}""", "one of 1, null, true")]
    [InlineData("""{"enum":["1","2","3","4","5","6","7","8","9"]}""", "one of 1, 2, 3, 4, 5, 6, 7, 8, … (9 in all)")]
    [InlineData("""{"const":"x"}""", "x")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", "array of string")]
    [InlineData("""{"type":"array","items":{"enum":["a","b"]},"minItems":1}""", "array of one of a, b, at least 1 items")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}""", "array of [string, integer]")]
    [InlineData("""{"type":"array"}""", "array")]
    [InlineData("""{"type":"object","properties":{"a":{},"b":{}}}""", "object with a, b")]
    [InlineData("""{"type":"object"}""", "object")]
    [InlineData("""{"required":["a"]}""", "object with a")]
    [InlineData("""{"type":["string","null"]}""", "string or null")]
    [InlineData("""{"type":["boolean","number"]}""", "number or boolean")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"string"}]}""", "string or integer")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"null"}]}""", "string or null")]
    [InlineData("""{"allOf":[{"type":"string"},{}]}""", "string")]
    [InlineData("""{"$ref":"#/$defs/x","$defs":{"x":{"type":"integer"}}}""", "integer")]
    [InlineData("""{"$ref":"#"}""", "…")]
    [InlineData("""{}""", "any value")]
    [InlineData("""true""", "any value")]
    [InlineData("""false""", "nothing")]
    [InlineData("""{"type":"file"}""", "any value")]
    public void A_schema_is_a_few_words(string schema, string expected) => Assert.Equal(expected, SchemaText.Describe(Schema(schema)));

    [Fact]
    public void A_part_refers_into_the_whole()
    {
        var root = Schema("""{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"integer"}}}""");
        Assert.Equal("integer", SchemaText.Describe(root.GetProperty("properties").GetProperty("a"), root));
    }

    [Fact]
    public void It_is_short_and_safe_whatever_the_server_says()
    {
        var union = string.Join(",", Enumerable.Repeat("""{"anyOf":[{"anyOf":[{"anyOf":[{"type":"string","pattern":"\u001b[31m"}]}]}]}""", 1000));
        var said = SchemaText.Describe(Schema($$"""{"type":"array","items":{"enum":["{{new string('x', 10_000)}}","\u001b]0;t\u0007","{{new string('y', 10_000)}}"]},"anyOf":[{{union}}]}"""));
        Assert.True(said.Length <= 200);
        Assert.DoesNotContain(said, char.IsControl);
    }
}
