using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Text;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>Why a value does not satisfy a schema. The message is only built when somebody is told.</summary>
internal sealed class Mismatch
{
    private const int LongestValue = 60;
    private const int LongestPath = 120;

    private readonly Func<string, string> _message;
    private readonly string _path;
    private readonly int _disqualifies;

    private Mismatch(Func<string, string> message, string path, int disqualifies)
    {
        _message = message;
        _path = path;
        _disqualifies = disqualifies;
    }

    /// <summary>True when, of several alternatives, this one was hardly meant: the type is another, or a constant beside the value.</summary>
    public bool RulesOut => _disqualifies >= 0;

    /// <summary>The value is not what the schema wants.</summary>
    /// <param name="wants">The schema in words, built late.</param>
    /// <param name="node">The value.</param>
    /// <param name="secret">True when the schema marks the value as one that must not be shown.</param>
    /// <param name="disqualifies">For how many levels up the mismatch rules an alternative out; negative for not at all.</param>
    public static Mismatch Value(Func<string> wants, JsonNode? node, bool secret, int disqualifies = -1) =>
        new(path => $"{Argument(path)}: got {Got(node, secret)}, but the tool wants {wants()}.", "", disqualifies);

    /// <summary>Something else; the message is given the argument's path, empty for the arguments as a whole.</summary>
    public static Mismatch Because(Func<string, string> message) => new(message, "", disqualifies: -1);

    /// <summary>The same, seen from the object that holds the value.</summary>
    public Mismatch Within(string property) => Below(property);

    /// <summary>The same, seen from the array that holds the value.</summary>
    public Mismatch Within(int index) => Below($"[{index}]");

    /// <summary>The failure to report.</summary>
    public McpFailureException ToFailure() => new(ErrorIds.InvalidArgument, $"{_message(_path)} Nothing was sent.");

    /// <summary>How a message begins.</summary>
    public static string Argument(string path) => path.Length == 0 ? "The arguments" : $"Argument '{TerminalText.Shorten(TerminalText.Clean(path), LongestPath)}'";

    private Mismatch Below(string step) =>
        new(_message, _path.Length == 0 || _path[0] == '[' ? step + _path : $"{step}.{_path}", _disqualifies - 1);

    private static string Got(JsonNode? node, bool secret) => node switch
    {
        null => "null",
        JsonArray array => $"an array of {array.Count}",
        JsonObject { Count: 0 } => "an empty object",
        JsonObject members => $"an object with {Shown(string.Join(", ", members.Select(member => member.Key)))}",
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => secret ? "a text" : $"the text '{Shown(node.GetValue<string>())}'",
            JsonValueKind.Number => secret ? "a number" : $"the number {Shown(node.ToJsonString())}",
            _ => $"the boolean {node.ToJsonString()}",
        },
    };

    private static string Shown(string text) => TerminalText.Shorten(TerminalText.Clean(text), LongestValue);
}
