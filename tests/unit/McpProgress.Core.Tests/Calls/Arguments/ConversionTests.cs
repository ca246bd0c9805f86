using System.Collections;
using System.Dynamic;
using System.Net;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using static McpProgress.Core.Tests.Calls.Arguments.Binding;

namespace McpProgress.Core.Tests.Calls.Arguments;

public sealed class ConversionTests
{
    public static TheoryData<string, object?, string> Conversions => new()
    {
        // integers
        { """{"type":"integer"}""", 5, "5" },
        { """{"type":"integer"}""", "5", "5" },
        { """{"type":"integer"}""", " -5 ", "-5" },
        { """{"type":"integer"}""", "+5", "5" },
        { """{"type":"integer"}""", "5.0", "5" },
        { """{"type":"integer"}""", 5.0, "5" },
        { """{"type":"integer"}""", 5.0m, "5" },
        { """{"type":"integer"}""", 5f, "5" },
        { """{"type":"integer"}""", (byte)5, "5" },
        { """{"type":"integer"}""", ulong.MaxValue, "18446744073709551615" },
        { """{"type":"integer"}""", "123456789012345678901234567890123", "123456789012345678901234567890123" },
        { """{"type":"integer"}""", BigInteger.Pow(10, 40), "1" + new string('0', 40) },
        { """{"type":"integer"}""", DayOfWeek.Tuesday, "2" },
        { """{"type":"integer"}""", JsonDocument.Parse("5.0").RootElement, "5" },

        // numbers
        { """{"type":"number"}""", 5, "5" },
        { """{"type":"number"}""", "0.5", "0.5" },
        { """{"type":"number"}""", ".5", "0.5" },
        { """{"type":"number"}""", "1e3", "1e3" },
        { """{"type":"number"}""", 0.1f, "0.1" },
        { """{"type":"number"}""", 1.10m, "1.10" },
        { """{"type":"number"}""", (Half)0.5, "0.5" },
        { """{"type":"number"}""", "0.1234567890123456789012345678901", "0.1234567890123456789012345678901" },

        // texts
        { """{"type":"string"}""", "x", "\"x\"" },
        { """{"type":"string"}""", "", "\"\"" },
        { """{"type":"string"}""", 5, "\"5\"" },
        { """{"type":"string"}""", 0.5, "\"0.5\"" },
        { """{"type":"string"}""", 1.10m, "\"1.10\"" },
        { """{"type":"string"}""", true, "\"true\"" },
        { """{"type":"string"}""", 'c', "\"c\"" },
        { """{"type":"string"}""", DayOfWeek.Tuesday, "\"Tuesday\"" },
        { """{"type":"string"}""", Guid.Empty, "\"00000000-0000-0000-0000-000000000000\"" },
        { """{"type":"string"}""", new Uri("relative/x y", UriKind.Relative), "\"relative/x y\"" },
        { """{"type":"string"}""", new Version(1, 2, 3), "\"1.2.3\"" },
        { """{"type":"string"}""", IPAddress.Loopback, "\"127.0.0.1\"" },
        { """{"type":"string"}""", new byte[] { 1, 2, 3 }, "\"AQID\"" },

        // booleans
        { """{"type":"boolean"}""", true, "true" },
        { """{"type":"boolean"}""", "True", "true" },
        { """{"type":"boolean"}""", " false ", "false" },
        { """{"type":"boolean"}""", 1, "true" },
        { """{"type":"boolean"}""", 0, "false" },

        // dates and times
        { """{"type":"string"}""", new DateTime(2026, 7, 28, 13, 5, 6, DateTimeKind.Utc), "\"2026-07-28T13:05:06Z\"" },
        { """{"type":"string"}""", new DateTime(2026, 7, 28, 13, 5, 6, 500), "\"2026-07-28T13:05:06.5\"" },
        { """{"type":"string","format":"date-time"}""", new DateTimeOffset(2026, 7, 28, 13, 5, 6, TimeSpan.FromHours(-3)), "\"2026-07-28T13:05:06-03:00\"" },
        { """{"type":"string","format":"date"}""", new DateTime(2026, 7, 28, 13, 5, 6), "\"2026-07-28\"" },
        { """{"type":"string","format":"date"}""", new DateTimeOffset(2026, 7, 28, 23, 5, 6, TimeSpan.FromHours(2)), "\"2026-07-28\"" },
        { """{"type":"string","format":"time"}""", new DateTime(2026, 7, 28, 13, 5, 6, DateTimeKind.Utc), "\"13:05:06Z\"" },
        { """{"type":"string"}""", new DateOnly(2026, 7, 28), "\"2026-07-28\"" },
        { """{"type":"string"}""", new TimeOnly(13, 5, 6), "\"13:05:06\"" },
        { """{"type":"string"}""", TimeSpan.FromMinutes(90), "\"01:30:00\"" },
        { """{"type":"string","format":"duration"}""", TimeSpan.FromMinutes(90), "\"PT1H30M\"" },
        { """{"type":"string","format":"date-time"}""", "as the caller wrote it", "\"as the caller wrote it\"" },

        // arrays
        { """{"type":"array","items":{"type":"integer"}}""", Items(1, "2", 3.0), "[1,2,3]" },
        { """{"type":"array","items":{"type":"integer"}}""", "7", "[7]" },
        { """{"type":"array","items":{"type":"string"}}""", 7, "[\"7\"]" },
        { """{"type":"array"}""", "x", "[\"x\"]" },
        { """{"type":"array"}""", new ArrayList { 1, null, "x" }, "[1,null,\"x\"]" },
        { """{"type":"array","items":{"type":"object"}}""", new Hashtable { ["x"] = 1 }, "[{\"x\":1}]" },
        { """{"type":"array","items":{"type":"integer"}}""", new byte[] { 1, 2 }, "[1,2]" },
        { """{"type":"array","items":{"type":"array","items":{"type":"integer"}}}""", Items("1", Items("2", "3")), "[[1],[2,3]]" },
        { """{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"}}""", Items(1, "2", "true", 0), "[\"1\",2,true,false]" },
        { """{"type":"array","items":[{"type":"string"},{"type":"integer"}]}""", Items(1, "2", "rest"), "[\"1\",2,\"rest\"]" },
        { """{"type":"array"}""", Array.Empty<int>(), "[]" },

        // objects
        { """{"type":"object","properties":{"Count":{"type":"integer"}}}""", new Hashtable { ["count"] = "5" }, "{\"Count\":5}" },
        { """{"type":"object","additionalProperties":{"type":"integer"}}""", new Hashtable { ["x"] = "5" }, "{\"x\":5}" },
        { """{"type":"object","patternProperties":{"^n_":{"type":"integer"}}}""", new Hashtable { ["n_x"] = "5" }, "{\"n_x\":5}" },
        { """{"type":"object"}""", new Hashtable { [1] = 1.5f }, "{\"1\":1.5}" },
        { """{"properties":{"n":{"type":"integer"}}}""", new Hashtable { ["N"] = "5" }, "{\"n\":5}" },
        { """{"type":"object"}""", JsonNode.Parse("""{"x":[1,{"y":null}]}"""), "{\"x\":[1,{\"y\":null}]}" },

        // null
        { """{"type":["string","null"]}""", null, "null" },
        { """{"type":"null"}""", null, "null" },
        { """{}""", null, "null" },
        { """{}""", DBNull.Value, "null" },

        // enum and const
        { """{"enum":["Red","Green"]}""", "green", "\"Green\"" },
        { """{"type":"string","enum":["a","A"]}""", "A", "\"A\"" },
        { """{"type":"string","enum":["tuesday"]}""", DayOfWeek.Tuesday, "\"tuesday\"" },
        { """{"type":"integer","enum":[1,2]}""", "2", "2" },
        { """{"enum":["1","2"]}""", 2, "\"2\"" },
        { """{"enum":[true]}""", "TRUE", "true" },
        { """{"const":"Only"}""", "only", "\"Only\"" },
        { """{"enum":[{"x":1},[1]]}""", Items(1), "[1]" },

        // several types: what fits as it is stays as it is
        { """{"type":["string","integer"]}""", 5, "5" },
        { """{"type":["integer","string"]}""", "5", "\"5\"" },
        { """{"type":["integer","null"]}""", "5", "5" },
        { """{"type":["integer","boolean"]}""", "true", "true" },
        { """{"type":["string","array"]}""", Items("x"), "[\"x\"]" },
        { """{"type":["string","array"]}""", "x", "\"x\"" },
        { """{"anyOf":[{"type":"string"},{"type":"integer"}]}""", 5, "5" },
        { """{"anyOf":[{"type":"integer"},{"type":"string"}]}""", "5", "\"5\"" },
        { """{"anyOf":[{"type":"integer"},{"type":"null"}]}""", "5", "5" },
        { """{"anyOf":[{"type":"integer","maximum":3},{"type":"number"}]}""", "5", "5" },
        { """{"anyOf":[{"type":"array","items":{"type":"integer"}},{"type":"null"}]}""", "5", "[5]" },
        { """{"oneOf":[{"type":"boolean"},{"type":"array","items":{"type":"string"}}]}""", Items("x"), "[\"x\"]" },
        { """{"anyOf":[{"enum":["auto"]},{"type":"integer"}]}""", "AUTO", "\"auto\"" },
        { """{"allOf":[{"minimum":1},{"type":"integer"}]}""", "5", "5" },
        { """{"$ref":"#/properties/a/x~1y","x/y":{"type":"integer"}}""", "5", "5" },
        { """{"$ref":"#/properties/a/x/0","x":[{"type":"integer"}]}""", "5", "5" },
        { """{"$ref":"https://example.com/schema"}""", "5", "\"5\"" },

        // schemas that ask for nothing
        { """true""", "5", "\"5\"" },
        { """{}""", 5, "5" },
        { """{"type":"file"}""", "5", "\"5\"" },
        { """{"type":5,"enum":"x","properties":[],"required":"a","minimum":"1"}""", 5, "5" },
    };

    [Theory]
    [MemberData(nameof(Conversions))]
    public void Values_take_the_form_the_schema_wants(string schema, object? value, string expected) =>
        Assert.Equal(Normal(expected), Normal(BindText(schema, value)));

    [Fact]
    public void A_date_without_an_offset_is_local_where_one_is_demanded()
    {
        var date = new DateTime(2026, 7, 28, 13, 5, 6);
        var sent = Bind("""{"type":"string","format":"date-time"}""", date)!.GetValue<string>();

        Assert.Equal(new DateTimeOffset(date), DateTimeOffset.Parse(sent, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Matches("(Z|[+-][0-9]{2}:[0-9]{2})$", sent);
    }

    [Fact]
    public void Alternatives_beside_properties_convert_both()
    {
        const string schema = """
            {"type":"object","properties":{"n":{"type":"integer"},"m":{"type":"integer"}},"anyOf":[{"required":["m"]},{"required":["n"]}]}
            """;
        Assert.Equal("""{"n":5}""", BindText(schema, new Hashtable { ["N"] = "5" }));
    }

    [Fact]
    public void The_branch_with_the_right_constant_is_taken()
    {
        const string schema = """
            {"oneOf":[
              {"type":"object","properties":{"kind":{"const":"text"},"value":{"type":"string"}},"required":["kind","value"]},
              {"type":"object","properties":{"kind":{"const":"number"},"value":{"type":"number"}},"required":["kind","value"]}]}
            """;
        Assert.Equal("5", Bind(schema, new Hashtable { ["Kind"] = "Number", ["Value"] = "5" })!["value"]!.ToJsonString());
        Assert.Equal("\"5\"", Bind(schema, new Hashtable { ["Kind"] = "Text", ["Value"] = 5 })!["value"]!.ToJsonString());
    }

    [Fact]
    public void Properties_of_all_parts_are_known()
    {
        const string schema = """
            {"allOf":[{"$ref":"#/$defs/base"},{"properties":{"Size":{"type":"integer"}}}],
             "$defs":{"base":{"properties":{"Name":{"type":"string"}},"required":["Name"]}}}
            """;
        Assert.Equal("""{"Name":"5","Size":6}""", BindAll(schema, ("name", 5), ("size", "6")).ToJsonString());
    }

    [Fact]
    public void A_recursive_schema_converts_at_every_level()
    {
        const string schema = """
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":
              {"Value":{"type":"integer"},"Next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}}}}}
            """;
        var list = new Hashtable { ["value"] = "1", ["next"] = new Hashtable { ["value"] = "2", ["next"] = null } };

        var sent = BindAll(schema, ("value", "0"), ("next", list));

        Assert.Equal(2, sent["Next"]!["Next"]!["Value"]!.GetValue<long>());
        Assert.Equal("1", sent["Next"]!["Value"]!.ToJsonString());
    }

    [Fact]
    public void Other_forms_of_dictionaries_count_as_objects()
    {
        IDictionary<string, object?> expando = new ExpandoObject();
        expando["n"] = "5";
        const string schema = """{"type":"object","properties":{"n":{"type":"integer"}}}""";

        Assert.Equal("""{"n":5}""", BindText(schema, expando));
        Assert.Equal("""{"n":5}""", BindText(schema, new SortedList { ["n"] = "5" }));
        Assert.Equal("""{"n":5}""", BindText(schema, JsonDocument.Parse("""{"n":"5"}""")));
    }

    [Fact]
    public void A_sequence_is_read_once()
    {
        var reads = 0;
        IEnumerable<object?> Items()
        {
            reads++;
            yield return "1";
        }

        Assert.Equal("[1]", BindText("""{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"integer"}}]}""", Items()));
        Assert.Equal(1, reads);
    }

    [Fact]
    public void An_argument_the_schema_does_not_know_is_sent_as_it_is() =>
        Assert.Equal("""{"x":5,"y":["z"]}""", BindAll("""{"type":"object","properties":{}}""", ("x", 5), ("y", Items("z"))).ToJsonString());

    [Fact]
    public void An_exact_name_is_preferred() =>
        Assert.Equal(
            """{"Name":"1","name":"2"}""",
            BindAll("""{"properties":{"name":{"type":"string"},"Name":{"type":"string"}}}""", ("Name", 1), ("name", 2)).ToJsonString());

    [Fact]
    public void The_order_of_the_caller_is_kept() =>
        Assert.Equal(["z", "a"], BindAll("{}", ("z", 1), ("a", 1)).Select(member => member.Key));

    // The writer may escape what the test spells out.
    private static string Normal(string json) => JsonNode.Parse(json)?.ToJsonString() ?? "null";
}
