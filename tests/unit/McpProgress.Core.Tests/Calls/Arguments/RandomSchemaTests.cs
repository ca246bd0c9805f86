using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Tests.Properties;

namespace McpProgress.Core.Tests.Calls.Arguments;

/// <summary>Random schemas and values, always the same ones: what is sent conforms, or the caller is told, and nothing else happens.</summary>
public sealed class RandomSchemaTests
{
    private static readonly string[] TypeNames = ["string", "integer", "number", "boolean", "array", "object", "null"];
    private static readonly string[] Names = ["name", "Name", "count", "kind", "items"];
    private static readonly string[] Texts = ["", "a", "B", "5", "-1.5", "true", "FALSE", "name", "1e3", "null", "2026-07-28", "[1]"];

    [Fact]
    public void What_is_sent_conforms_or_the_argument_is_refused()
    {
        var sent = 0;
        var refused = 0;
        ForAll.Inputs(inputs =>
        {
            var random = inputs.Random;
            var root = new JsonObject
            {
                ["properties"] = new JsonObject { ["a"] = RandomSchema(random, 0), ["b"] = RandomSchema(random, 0) },
                ["$defs"] = new JsonObject { ["x"] = RandomSchema(random, 1), ["y"] = RandomSchema(random, 1) },
            };
            var schema = JsonDocument.Parse(inputs.Keep(root.ToJsonString())).RootElement;
            var arguments = new Dictionary<string, object?> { ["a"] = ValueFor("a"), ["B"] = ValueFor("b") };
            object? ValueFor(string name) =>
                random.Next(5) == 0 ? RandomValue(random, 0) : LikelyValue(random, root["properties"]![name], root, 0);

            try
            {
                var bound = ArgumentBinder.Bind(schema, arguments);

                Assert.True(Conforms(bound, root, root, 0), $"{root.ToJsonString()} got {bound.ToJsonString()}");
                Assert.Equal(["a", "b"], bound.Select(member => member.Key));

                // What fits needs no conversion, so binding the result changes nothing.
                var again = ArgumentBinder.Bind(schema, ArgumentBinder.ParseJson(bound.ToJsonString()));
                Assert.Equal(bound.ToJsonString(), again.ToJsonString());
                sent++;
            }
            catch (McpFailureException failure)
            {
                Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
                refused++;
            }
        }, ordinarily: 10_000);

        // Either outcome must be common, or this tests nothing.
        Assert.True((sent + refused) is < 1000 || (sent > 300 && refused > 300), $"{sent} sent, {refused} refused");
    }

    private static JsonNode RandomSchema(Random random, int depth)
    {
        if (random.Next(25) == 0)
        {
            return JsonValue.Create(random.Next(4) > 0);
        }

        var schema = new JsonObject();
        switch (random.Next(depth > 3 ? 4 : 10))
        {
            case 0:
                schema["enum"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomLeaf(random))]);
                return schema;
            case 1:
                schema["type"] = new JsonArray([.. random.GetItems(TypeNames, 2).Distinct().Select(name => JsonValue.Create(name))]);
                break;
            case 7:
                schema[random.Next(3) switch { 0 => "anyOf", 1 => "oneOf", _ => "allOf" }] =
                    new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomSchema(random, depth + 1))]);
                return schema;
            case 8:
                schema["$ref"] = random.Next(5) switch { 0 => "#/properties/a", 1 => "#/nowhere", 2 => "#/$defs/x", _ => "#/$defs/y" };
                return schema;
            default:
                schema["type"] = random.GetItems(TypeNames, 1)[0];
                break;
        }

        if (depth <= 3)
        {
            schema["items"] = RandomSchema(random, depth + 1);
            schema["properties"] = new JsonObject(random.GetItems(Names, 3).Distinct().Select(name => KeyValuePair.Create(name, (JsonNode?)RandomSchema(random, depth + 1))));
        }

        if (random.Next(4) == 0)
        {
            schema["required"] = new JsonArray(random.GetItems(Names, 1)[0]);
        }

        if (random.Next(4) == 0)
        {
            schema["additionalProperties"] = random.Next(2) == 0 ? false : RandomSchema(random, depth + 1);
        }

        if (random.Next(4) == 0)
        {
            schema["minimum"] = random.Next(-2, 3);
            schema["maxLength"] = random.Next(0, 4);
            schema["minItems"] = random.Next(0, 2);
            schema["pattern"] = random.Next(3) switch { 0 => "^[a-z]*$", 1 => "(", _ => "" };
        }

        return schema;
    }

    private static JsonValue? RandomLeaf(Random random) => random.Next(5) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(-2, 6)),
        2 => JsonValue.Create(random.Next(2) == 0),
        _ => JsonValue.Create(random.GetItems(Texts, 1)[0]),
    };

    private static object? RandomValue(Random random, int depth) => random.Next(depth > 3 ? 15 : 20) switch
    {
        0 => null,
        1 => random.Next(-3, 8),
        2 => random.Next(-3, 8) / 2.0,
        3 => random.Next(-3, 8) / 2m,
        4 => random.Next(2) == 0,
        5 => DateTime.UnixEpoch.AddHours(random.Next(100_000)),
        6 => (DayOfWeek)random.Next(7),
        7 => new byte[random.Next(4)],
        8 => JsonDocument.Parse("""[1.0,{"name":"5"},null,1e400]""").RootElement,
        9 => random.Next(3) == 0 ? double.NaN : float.Pi,
        < 15 => random.GetItems(Texts, 1)[0],
        < 17 => Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth + 1)).ToList(),
        _ => RandomTable(random, depth),
    };

    /// <summary>A value that may well fit, often by conversion only.</summary>
    private static object? LikelyValue(Random random, JsonNode? schema, JsonObject root, int depth)
    {
        if (schema is not JsonObject keywords || depth > 6)
        {
            return RandomValue(random, depth);
        }

        if ((keywords["anyOf"] ?? keywords["oneOf"] ?? keywords["allOf"]) is JsonArray { Count: > 0 } branches)
        {
            return LikelyValue(random, branches[random.Next(branches.Count)], root, depth + 1);
        }

        if (keywords["$ref"] is JsonNode reference)
        {
            return LikelyValue(random, Follow(reference.GetValue<string>(), root), root, depth + 1);
        }

        if (keywords["enum"] is JsonArray { Count: > 0 } choices)
        {
            return choices[random.Next(choices.Count)]?.ToString().ToUpperInvariant();
        }

        var type = keywords["type"] is JsonArray types ? types[random.Next(types.Count)] : keywords["type"];
        switch (type?.GetValue<string>())
        {
            case "string":
                return random.Next(3) switch { 0 => random.Next(9), 1 => random.Next(2) == 0, _ => random.GetItems(Texts, 1)[0] };
            case "integer":
                return random.Next(2) == 0 ? random.Next(-3, 8).ToString(CultureInfo.InvariantCulture) : (double)random.Next(-3, 8);
            case "number":
                return random.Next(2) == 0 ? "2.50" : random.Next(-3, 8) / 4m;
            case "boolean":
                return random.Next(3) switch { 0 => "True", 1 => random.Next(2), _ => false };
            case "array":
                return random.Next(3) == 0
                    ? LikelyValue(random, keywords["items"], root, depth + 1)
                    : Enumerable.Range(0, random.Next(3)).Select(_ => LikelyValue(random, keywords["items"], root, depth + 1)).ToList();
            case "object":
                var members = keywords["properties"] as JsonObject ?? [];
                var required = keywords["required"] as JsonArray ?? [];
                var table = new Hashtable();
                foreach (var name in members.Select(member => member.Key).Where(_ => random.Next(2) == 0).Union(required.Select(name => name!.GetValue<string>())))
                {
                    table[name] = LikelyValue(random, members[name], root, depth + 1);
                }

                return table;
            default:
                return null;
        }
    }

    private static JsonNode? Follow(string pointer, JsonObject root) =>
        pointer.Split('/').Skip(1).Aggregate((JsonNode?)root, (node, name) => (node as JsonObject)?[name]);

    private static Hashtable RandomTable(Random random, int depth)
    {
        var table = new Hashtable();
        for (var i = random.Next(4); i > 0; i--)
        {
            table[random.Next(2) == 0 ? random.GetItems(Names, 1)[0] : "NAME"] = RandomValue(random, depth + 1);
        }

        return table;
    }

    /// <summary>A second, plain reading of the specification, by System.Text.Json.Nodes alone.</summary>
    private static bool Conforms(JsonNode? value, JsonNode? schema, JsonObject root, int hops)
    {
        if (schema is not JsonObject keywords || hops > 20)
        {
            return schema is not JsonValue always || always.GetValueKind() != JsonValueKind.False;
        }

        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        return (!keywords.TryGetPropertyValue("type", out var type) || (type is JsonArray types ? types.Any(one => IsOf(one!.GetValue<string>())) : IsOf(type!.GetValue<string>())))
            && (keywords["enum"] is not JsonArray choices || choices.Any(choice => JsonNode.DeepEquals(choice, Reread(value))))
            && (keywords["anyOf"] is not JsonArray any || any.Any(branch => Conforms(value, branch, root, hops + 1)))
            && (keywords["oneOf"] is not JsonArray one || one.Any(branch => Conforms(value, branch, root, hops + 1)))
            && (keywords["allOf"] is not JsonArray all || all.All(branch => Conforms(value, branch, root, hops + 1)))
            && (keywords["$ref"] is not JsonNode reference || Conforms(value, Follow(reference.GetValue<string>(), root), root, hops + 1))
            && (keywords["required"] is not JsonArray required || value is not JsonObject owner || required.All(name => owner.ContainsKey(name!.GetValue<string>())))
            && (keywords["properties"] is not JsonObject properties || value is not JsonObject members
                || properties.All(property => !members.TryGetPropertyValue(property.Key, out var member) || Conforms(member, property.Value, root, 0)))
            && (keywords["items"] is not JsonNode items || value is not JsonArray elements || elements.All(element => Conforms(element, items, root, 0)))
            && (keywords["maxLength"] is not JsonNode longest || kind != JsonValueKind.String || value!.GetValue<string>().Length <= longest.GetValue<int>())
            && (keywords["minimum"] is not JsonNode least || kind != JsonValueKind.Number || Size() >= least.GetValue<int>());

        double Size() => double.Parse(value!.ToJsonString(), CultureInfo.InvariantCulture);

        bool IsOf(string name) => name switch
        {
            "string" => kind == JsonValueKind.String,
            "integer" => kind == JsonValueKind.Number && double.IsInteger(Size()),
            "number" => kind == JsonValueKind.Number,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "array" => kind == JsonValueKind.Array,
            "object" => kind == JsonValueKind.Object,
            _ => kind == JsonValueKind.Null,
        };

        static JsonNode? Reread(JsonNode? node) => node is null ? null : JsonNode.Parse(node.ToJsonString());
    }
}
