using System.Text.Json;
using McpProgress.Core.Calls.Arguments;
using static McpProgress.Core.Tests.Calls.Arguments.Binding;

namespace McpProgress.Core.Tests.Calls.Arguments;

public sealed class ArgumentBinderTests
{
    [Fact]
    public void Json_text_becomes_arguments_that_bind()
    {
        var arguments = ArgumentBinder.ParseJson("""{"Count":"5","big":123456789012345678901234567890,"list":[1.50]}""");
        var schema = Schema("""{"properties":{"count":{"type":"integer"}}}""");
        Assert.Equal(
            """{"count":5,"big":123456789012345678901234567890,"list":[1.50]}""",
            ArgumentBinder.Bind(schema, arguments).ToJsonString());
    }

    [Theory]
    [InlineData("{\"a\": tru}", "line 1, column 10:")]
    [InlineData("{\n  \"ü\": 1,\n}", "line 3, column 1:")]
    [InlineData("", "line 1, column 1:")]
    [InlineData("[1]", "must be a JSON object such as {\"name\": \"value\"}, not an array")]
    [InlineData("\"x\"", "not a text")]
    [InlineData("null", "not null")]
    [InlineData("5", "not a number")]
    [InlineData("true", "not a boolean")]
    [InlineData("{\"a\":1,\"a\":2}", "gives 'a' twice")]
    [InlineData("{\"a\":\"\\ud800\"}", "half a Unicode character")]
    public void Json_text_that_is_no_object_is_refused(string json, string message)
    {
        var failure = Assert.Throws<McpFailureException>(() => ArgumentBinder.ParseJson(json));
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_character_is_refused()
    {
        var failure = Assert.Throws<McpFailureException>(() => ArgumentBinder.ParseJson("{\"a\":\"" + '\ud800' + "\"}"));
        Assert.Contains("half a Unicode character", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":{"\ud800":1}}""")]
    [InlineData("""{"a":[{"x":{"b\udc00":1}}]}""")]
    public void Half_a_character_in_a_name_further_down_is_refused(string json)
    {
        // As a server's requests come: not by way of ParseJson.
        var arguments = JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value);
        var failure = Assert.Throws<McpFailureException>(() => ArgumentBinder.Bind(Schema("{}"), arguments));
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
        Assert.Contains("half a Unicode character", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_given_twice_further_down_is_refused()
    {
        var arguments = ArgumentBinder.ParseJson("""{"a":[{"b":1,"b":2}]}""");
        var failure = Assert.Throws<McpFailureException>(() => ArgumentBinder.Bind(Schema("{}"), arguments));
        Assert.Contains("'a[0].b': it is given twice", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_piped_object_only_what_the_tool_takes_is_matched()
    {
        var schema = Schema("""
            {"properties":{"name":{"type":"string"},"Size":{"type":"integer"},"note":{"type":["string","null"]},"tag":{"type":"string"}},
             "anyOf":[{"properties":{"extra":{"type":"string"}}}]}
            """);
        var matched = ArgumentBinder.MatchProperties(schema, new Dictionary<string, object?>
        {
            ["Name"] = "x", ["size"] = 5, ["Note"] = null, ["Tag"] = null, ["Extra"] = "y", ["Other"] = new object(),
        });

        Assert.Equal(
            new Dictionary<string, object?> { ["name"] = "x", ["Size"] = 5, ["note"] = null, ["extra"] = "y" },
            matched);
    }

    [Fact]
    public void An_exact_property_is_preferred()
    {
        var matched = ArgumentBinder.MatchProperties(
            Schema("""{"properties":{"name":{}}}"""),
            new Dictionary<string, object?> { ["NAME"] = 1, ["name"] = 2 });
        Assert.Equal(2, Assert.Single(matched).Value);
    }

    [Fact]
    public void A_matched_object_without_a_required_property_is_refused_when_bound()
    {
        var schema = Schema("""{"properties":{"name":{"type":"string"}},"required":["name"]}""");
        var matched = ArgumentBinder.MatchProperties(schema, new Dictionary<string, object?> { ["Name"] = null });
        Assert.Contains("'name' (string)", Assert.Throws<McpFailureException>(() => ArgumentBinder.Bind(schema, matched)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{},"b":{}}}""", "a b")]
    [InlineData("""{"allOf":[{"properties":{"a":{}}},{"$ref":"#/$defs/more"}],"$defs":{"more":{"properties":{"b":{}}}}}""", "a b")]
    [InlineData("""{"properties":{"a":{}},"oneOf":[{"properties":{"a":{},"b":{}}},{"properties":{"c":{}}}]}""", "a b c")]
    [InlineData("""{"type":"object"}""", "")]
    public void The_arguments_are_those_that_the_schema_names_anywhere(string schema, string names) =>
        Assert.Equal(names, string.Join(' ', ArgumentBinder.Names(Schema(schema))));

    [Theory]
    [InlineData("""{"enum":["x",2]}""", "x 2")]
    [InlineData("""{"$ref":"#/$defs/text"}""", "")]
    [InlineData("""{"anyOf":[{"const":"y"},{"enum":[3]},{"type":"null"}]}""", "y 3")]
    public void The_values_of_an_argument_are_those_that_its_schema_lists_anywhere(string argument, string values) =>
        Assert.Equal(values, string.Join(' ', ArgumentBinder.Choices(Schema($$"""{ "properties": { "a": {{argument}} }, "$defs": { "text": { "type": "string" } } }"""), "a")));

    [Theory]
    [InlineData("""{"type":"array"}""", true, false)]
    [InlineData("""{"type":["string","null"]}""", false, true)]
    [InlineData("""{"anyOf":[{"type":"array"},{"type":"null"}]}""", true, false)]
    [InlineData("""{"$ref":"#/$defs/text"}""", false, true)]
    [InlineData("{}", true, true)]
    public void An_argument_takes_what_its_schema_allows(string argument, bool list, bool text)
    {
        var schema = Schema($$"""{ "properties": { "a": {{argument}} }, "$defs": { "text": { "type": "string" } } }""");
        Assert.Equal(list, ArgumentBinder.Takes(schema, "a", System.Text.Json.JsonValueKind.Array));
        Assert.Equal(text, ArgumentBinder.Takes(schema, "a", System.Text.Json.JsonValueKind.String));
    }

    [Fact]
    public void A_large_array_binds()
    {
        var numbers = Enumerable.Range(0, 20_000).Select(i => (object?)i.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var bound = Bind("""{"type":"array","items":{"anyOf":[{"type":"boolean"},{"type":"integer"}]}}""", numbers);
        Assert.Equal(19_999, bound![19_999]!.GetValue<long>());
    }
}
