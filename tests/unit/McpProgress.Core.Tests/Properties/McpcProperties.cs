using System.Text.Json;
using System.Text.RegularExpressions;
using McpProgress.Core.Mcpc;

namespace McpProgress.Core.Tests.Properties;

/// <summary>MCPC messages, parsed by the product and by a plain reading with System.Text.Json.</summary>
public sealed partial class McpcProperties
{
    [Fact]
    public void A_message_is_read_as_a_document_would_be() => ForAll.Inputs(inputs =>
    {
        string text = inputs.Spoil(MessageOf(inputs));

        bool isMessage = McpcMessage.TryParse(text, out McpcMessage message);

        Assert.Equal(Reference(text), isMessage ? (message.Type, message.Event, message.SessionId, message.TaskId, message.ToolName, message.Sequence) : null);
        if (isMessage)
        {
            // What was let in can be shown, kept and sent.
            string? result = message.Result?.ToJsonString();
            _ = message.Result?.DeepClone();
            if (message.Type == McpcMessage.TaskType && message.ToolName is null)
            {
                return;
            }

            Assert.True(McpcMessage.TryParse(message.ToJson(), out McpcMessage again));
            Assert.Equal(message with { }, again with { Sequence = message.Sequence }, Same);
            Assert.Equal(message.Sequence, again.Sequence);
            Assert.Equal(result is null, again.Result is null);
        }
    });

    [Fact]
    public void The_answer_to_a_probe_is_read_or_is_none() => ForAll.Inputs(inputs =>
    {
        string text = inputs.Spoil(inputs.Members(
            ("\"mcpc_enabled\"", inputs.Chance(4) ? inputs.Value() : "true"),
            ("\"mcpc_version\"", inputs.Chance(4) ? inputs.Value() : "\"0.2.6\""),
            ("\"mcpc_provider\"", inputs.Chance(4) ? inputs.Value() : inputs.Text()),
            ("\"mcpc_extensions\"", inputs.Chance(2) ? inputs.Value() : "[\"cancel\",\"seq\"]")));

        McpcSupport? support = McpcSupport.Read(McpcDialect.C, text);

        Assert.Equal(IsEnabled(text), support is not null);
    });

    private static bool Same(McpcMessage one, McpcMessage other) =>
        (one.Type, one.Event, one.SessionId, one.TaskId, one.ToolName) == (other.Type, other.Event, other.SessionId, other.TaskId, other.ToolName);

    private static string MessageOf(Inputs inputs) => inputs.Members(
        ("\"type\"", inputs.Chance(6) ? inputs.Value() : inputs.Pick("\"task\"", "\"task\"", "\"server_event\"", "null")),
        ("\"event\"", inputs.Chance(6) ? inputs.Value() : inputs.Pick("\"created\"", "\"update\"", "\"complete\"", "\"any\"")),
        ("\"session_id\"", inputs.Chance(8) ? inputs.Value() : "\"s\""),
        ("\"task_id\"", inputs.Chance(8) ? inputs.Value() : "\"t\""),
        ("\"tool_name\"", inputs.Chance(8) ? inputs.Value() : "\"work\""),
        ("\"result\"", inputs.Value()),
        (inputs.Chance(8) ? inputs.Text() : "\"protocol\"", inputs.Chance(8) ? inputs.Value() : "\"mcpc\""),
        (inputs.Chance(2) ? inputs.Text() : "\"seq\"", inputs.Chance(2) ? inputs.Value() : inputs.Number()));

    private static (string, string, string, string?, string?, long?)? Reference(string text)
    {
        if (Sound(text) is not { } root)
        {
            return null;
        }

        string type = TextOf(root, "type") ?? "task";
        string? task = TextOf(root, "task_id");
        return type is "task" or "server_event"
            && (TextOf(root, "protocol") ?? "mcpc") == "mcpc"
            && TextOf(root, "event") is { } @event
            && TextOf(root, "session_id") is { Length: > 0 } session
            && (type == "server_event" || task is { Length: > 0 })
            ? (type, @event, session, task, TextOf(root, "tool_name"), root.TryGetProperty("seq", out JsonElement seq) && seq.ValueKind == JsonValueKind.Number && seq.TryGetInt64(out long number) ? number : null)
            : null;
    }

    private static bool IsEnabled(string text) => Sound(text) is { } root
        && root.TryGetProperty("mcpc_enabled", out JsonElement enabled) && enabled.ValueKind == JsonValueKind.True;

    /// <summary>The object, if the text is one without doubles; half characters are replaced.</summary>
    private static JsonElement? Sound(string text)
    {
        try
        {
            JsonElement root = JsonDocument.Parse(HalfCharacters().Replace(text, Mended), new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Mended(Match match) => match.Groups["half"].Success ? "\\ufffd" : match.Value;

    [GeneratedRegex("""\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex HalfCharacters();

    private static string? TextOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
