using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls;
using McpProgress.Core.Transport;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Core.Tests.Properties;

/// <summary>What comes off the wire, decoded by the product and by a plain reading with System.Text.Json.</summary>
public sealed class DecoderProperties
{
    [Fact]
    public void A_progress_line_is_read_as_a_document_would_be() => ForAll.Inputs(inputs =>
    {
        byte[] line = inputs.Spoil(Encoding.UTF8.GetBytes(ProgressLineOf(inputs)));

        bool isRead = ProgressLine.TryRead(line, out ProgressLine.Content content);

        Assert.Equal(Reference(line), isRead ? content : null);
    });

    [Fact]
    public void Both_ways_to_read_progress_agree() => ForAll.Inputs(inputs =>
    {
        byte[] line = inputs.Spoil(Encoding.UTF8.GetBytes(ProgressLineOf(inputs)));
        if (!ProgressLine.TryRead(line, out ProgressLine.Content content) || JsonNode.Parse(line).Member("params") is not { } parameters)
        {
            return;
        }

        if (HasDoubles(JsonDocument.Parse(line).RootElement))
        {
            // The tree cannot tell which one is meant.
            return;
        }

        Assert.Equal(content, ProgressLine.Read(parameters));
    });

    [Fact]
    public void A_plain_answer_is_read_as_the_serializer_would_read_it() => ForAll.Inputs(inputs =>
    {
        byte[] line = inputs.Spoil(Encoding.UTF8.GetBytes(inputs.Members(
            ("\"jsonrpc\"", inputs.Chance(20) ? inputs.Value() : "\"2.0\""),
            (inputs.Chance(20) ? inputs.Text() : "\"id\"", inputs.Chance(8) ? inputs.Value() : inputs.Number()),
            inputs.Chance(2)
                ? ("\"result\"", inputs.Value())
                : ("\"error\"", inputs.Chance(8) ? inputs.Value() : inputs.Members(("\"code\"", inputs.Number()), ("\"message\"", inputs.Text()))))));

        bool isRead = AnswerLine.TryRead(line, out JsonRpcMessageWithId? answer);

        if (isRead)
        {
            var expected = Assert.IsAssignableFrom<JsonRpcMessageWithId>(JsonSerializer.Deserialize<JsonRpcMessage>(line, McpJsonUtilities.DefaultOptions));
            Assert.Equal(expected.Id, answer!.Id);
            if (expected is JsonRpcError { Error: { } error })
            {
                JsonRpcErrorDetail read = Assert.IsType<JsonRpcError>(answer).Error;
                Assert.Equal((error.Code, error.Message, error.Data), (read.Code, read.Message, read.Data));
            }
            else
            {
                JsonNode? result = Assert.IsType<JsonRpcResponse>(answer).Result;
                Assert.Equal(Written(((JsonRpcResponse)expected).Result), Written(result));
                Assert.Equal(((JsonRpcResponse)expected).Result?.Options, result?.Options);
            }
        }
    });

    [Fact]
    public void Lines_are_cut_as_a_split_would_cut_them() => ForAll.Inputs(inputs =>
    {
        int longest = inputs.Random.Next(AnswerId.EndLength, 1200);
        byte[] stream = new byte[inputs.Random.Next(3000)];
        inputs.Random.NextBytes(stream);
        for (int i = inputs.Random.Next(8); i > 0 && stream.Length > 0; i--)
        {
            stream[inputs.Random.Next(stream.Length)] = (byte)'\n';
        }

        // Few line feeds come from chance alone.
        stream.AsSpan().Replace((byte)inputs.Random.Next(256), (byte)'\n');
        var expected = new List<string>();
        int start = 0;
        for (int end; start <= stream.Length; start = end + 1)
        {
            int length = stream.AsSpan(start).IndexOf((byte)'\n');
            end = length < 0 ? stream.Length : start + length;
            ReadOnlySpan<byte> line = stream.AsSpan(start, end - start);
            if (length < 0 && line.IsEmpty)
            {
                break;
            }

            expected.Add(line.Length <= longest ? Convert.ToHexString(line)
                : $"{Convert.ToHexString(line[..Math.Min(line.Length, AnswerId.EndLength)])}…{Convert.ToHexString(line[^Math.Min(line.Length, AnswerId.EndLength)..])}");
        }

        Assert.Equal(expected, Cut(stream, longest, inputs.Random));
    });

    [Fact]
    public void An_answer_that_cannot_be_read_is_given_to_its_own_request_or_to_none() => ForAll.Inputs(inputs =>
    {
        (string json, RequestId id) = inputs.Chance(2) ? ("4294967299", new RequestId(4294967299)) : ("\"abc\"", new RequestId("abc"));
        string body = inputs.Chance(2) ? inputs.Value() : $$"""{"content":[{"type":"text","text":"x","id":5},{{inputs.Value()}}]}""";
        (string, string)[] members = [("\"jsonrpc\"", "\"2.0\""), ("\"id\"", json), (inputs.Pick("\"result\"", "\"error\""), body)];
        string line = inputs.Keep(Whole(inputs, members));
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        switch (inputs.Random.Next(3))
        {
            case 0:
                // Cut off anywhere, or where it looks most like an end.
                int brace = bytes.AsSpan(0, inputs.Random.Next(bytes.Length)).LastIndexOf((byte)'}');
                bytes = bytes[..(brace < 0 || inputs.Chance(2) ? inputs.Random.Next(bytes.Length) : brace + 1)];
                break;
            case 1:
                // One wrong byte anywhere but in the id.
                int place = inputs.Random.Next(bytes.Length);
                int idAt = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"id\":{json}"));
                if (place < idAt || place > idAt + 5 + json.Length)
                {
                    bytes[place] = (byte)inputs.Pick('\t', '\\', '}', 'x', '\u0001');
                }

                break;
        }

        inputs.Keep(Encoding.UTF8.GetString(bytes));
        RequestId? found = AnswerId.FindIn(bytes);

        Assert.True(found is null || found.Value.Equals(id), $"found {found}");
    });

    [Fact]
    public void An_answer_that_is_too_long_is_given_to_its_request() => ForAll.Inputs(inputs =>
    {
        (string json, RequestId id) = inputs.Chance(2) ? ("4294967299", new RequestId(4294967299)) : ("\"abc\"", new RequestId("abc"));
        string body = $$"""{"content":[{"type":"text","text":"{{new string('x', 600)}}"},{{inputs.Value()}}]}""";
        string version = $"\"jsonrpc\":{inputs.Space()}\"2.0\"";
        string named = $"\"id\":{inputs.Space()}{json}";
        string result = $"\"{inputs.Pick("result", "error")}\":{inputs.Space()}{body}";
        string line = inputs.Keep(inputs.Random.Next(4) switch
        {
            0 => $"{{{version},{named},{result}}}",
            1 => $"{{{result},{version},{named}}}",
            2 => $"{{{version},{result},{named}}}",
            _ => $"{{{named},{result},{version}}}",
        });
        byte[] bytes = Encoding.UTF8.GetBytes(line);

        Assert.Equal(id, AnswerId.Find(bytes.AsSpan(0, AnswerId.EndLength), bytes.AsSpan(bytes.Length - AnswerId.EndLength)));
        string request = inputs.Keep($$"""{{{version}},{{named}},"method":"work","params":{{body}}}""");
        bytes = Encoding.UTF8.GetBytes(request);
        Assert.Null(AnswerId.Find(bytes.AsSpan(0, AnswerId.EndLength), bytes.AsSpan(bytes.Length - AnswerId.EndLength)));
    });

    [Fact]
    public void Members_are_found_as_a_document_finds_them_and_nothing_throws() => ForAll.Inputs(inputs =>
    {
        string text = inputs.Keep(inputs.Members(("\"text\"", inputs.Value()), ("\"content\"", inputs.Value()), ("\"level\"", inputs.Value()), ("\"data\"", inputs.Value()), ("\"isError\"", inputs.Value())));
        JsonElement element = JsonDocument.Parse(text).RootElement;
        JsonNode node = JsonNode.Parse(text)!;
        bool isSound = IsSound(element);
        foreach (string name in (string[])["text", "level", "nothing", "a"])
        {
            JsonElement? expected = isSound && element.TryGetProperty(name, out JsonElement member) ? member : null;
            JsonNode? found = node.Member(name);
            Assert.Equal(expected?.ValueKind ?? JsonValueKind.Null, found?.GetValueKind() ?? JsonValueKind.Null);
            Assert.Equal(expected is { } value ? TextOf(value) : null, found.Text());
        }

        var result = new ToolCallResult((JsonObject)node, 0);
        _ = (result.IsError, result.Text, result.StructuredContent, result.Content.Count());
        _ = ServerLogMessage.Read(node);
        _ = ProgressLine.Read(node);
    });

    /// <summary>The text of a tree; null for one that cannot be written, such as one with half a character in it.</summary>
    private static string? Written(JsonNode? node)
    {
        try
        {
            return node?.ToJsonString() ?? "null";
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A progress notification in any spelling.</summary>
    private static string ProgressLineOf(Inputs inputs) => inputs.Members(
        ("\"jsonrpc\"", "\"2.0\""),
        (inputs.Chance(20) ? inputs.Text() : "\"method\"", inputs.Chance(20) ? inputs.Value() : "\"notifications/progress\""),
        (inputs.Chance(20) ? inputs.Text() : "\"params\"", inputs.Chance(20) ? inputs.Value() : inputs.Members(
            ("\"progressToken\"", inputs.Pick(inputs.Number(), inputs.Text(), inputs.Value())),
            (inputs.Chance(20) ? inputs.Text() : "\"progress\"", inputs.Chance(8) ? inputs.Value() : inputs.Number()),
            ("\"total\"", inputs.Chance(8) ? inputs.Value() : inputs.Number()),
            ("\"message\"", inputs.Chance(8) ? inputs.Value() : inputs.Text()))));

    private static ProgressLine.Content? Reference(byte[] line)
    {
        if (line.AsSpan().IndexOf("\"notifications/progress\""u8) < 0)
        {
            return null;
        }

        JsonElement root;
        try
        {
            root = JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        bool isProgress = false;
        ProgressLine.Content content = default;
        foreach (JsonProperty member in root.EnumerateObject())
        {
            switch (NameOf(member))
            {
                case "id":
                case "method" when TextOf(member.Value) != "notifications/progress":
                    return null;
                case "method":
                    isProgress = true;
                    break;
                case "params":
                    content = member.Value.ValueKind == JsonValueKind.Object ? ReferenceContent(member.Value) : default;
                    break;
            }
        }

        return isProgress ? content : null;
    }

    private static ProgressLine.Content ReferenceContent(JsonElement parameters)
    {
        ProgressLine.Content content = default;
        foreach (JsonProperty member in parameters.EnumerateObject())
        {
            JsonElement value = member.Value;
            content = NameOf(member) switch
            {
                "progressToken" => content with { Token = TokenOf(value) },
                "progress" => content with { Progress = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null },
                "total" => content with { Total = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null },
                "message" => content with { Message = TextOf(value) },
                _ => content,
            };
        }

        return content;
    }

    private static long? TokenOf(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.TryGetInt64(out long number) ? number : null
        : long.TryParse(TextOf(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;

    /// <summary>The text of a string; null for anything else, and for what is no text.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether every member has a name of its own that is text.</summary>
    private static bool IsSound(JsonElement element)
    {
        string?[] names = [.. element.EnumerateObject().Select(NameOf)];
        return !names.Contains(null) && names.Distinct().Count() == names.Length;
    }

    private static bool HasDoubles(JsonElement element) => element.ValueKind == JsonValueKind.Object
        && (!IsSound(element) || element.EnumerateObject().Any(member => NameOf(member) == "params" && HasDoubles(member.Value)));

    private static string Whole(Inputs inputs, (string Name, string Value)[] members)
    {
        if (inputs.Chance(2))
        {
            inputs.Random.Shuffle(members);
        }

        return $"{{{string.Join(",", members.Select(member => $"{member.Name}:{member.Value}"))}}}";
    }

    private static List<string> Cut(byte[] stream, int longest, Random random)
    {
        var lines = new List<string>();
        var buffer = new LineBuffer(longest);
        int read = 0;
        while (true)
        {
            Memory<byte> room = buffer.GetMemory();
            Assert.False(room.IsEmpty);
            int count = Math.Min(Math.Min(room.Length, random.Next(1, 700)), stream.Length - read);
            if (count == 0)
            {
                break;
            }

            stream.AsSpan(read, count).CopyTo(room.Span);
            buffer.Advance(count);
            read += count;
            while (buffer.TryRead(out Span<byte> line, out LineBuffer.OversizedLine? oversized))
            {
                lines.Add(Shown(line, oversized));
            }
        }

        if (buffer.TryReadRest(out Span<byte> rest, out LineBuffer.OversizedLine? last))
        {
            lines.Add(Shown(rest, last));
        }

        return lines;
    }

    private static string Shown(ReadOnlySpan<byte> line, LineBuffer.OversizedLine? oversized) => oversized is null
        ? Convert.ToHexString(line)
        : $"{Convert.ToHexString(oversized.Head)}…{Convert.ToHexString(oversized.Tail)}";
}
