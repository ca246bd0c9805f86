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

    private Mismatch(Func<string, string> message, string path, int depth, bool rulesOut)
    {
        _message = message;
        _path = path;
        Depth = depth;
        RulesOut = rulesOut;
    }

    /// <summary>How far below the checked value it is.</summary>
    public int Depth { get; }

    /// <summary>True for a type or a constant that is another one: of several alternatives, this one was hardly meant.</summary>
    public bool RulesOut { get; }

    /// <summary>The value is not what the schema wants.</summary>
    /// <param name="wants">The schema in words, built late.</param>
    /// <param name="node">The value.</param>
    /// <param name="secret">True when the schema marks the value as one that must not be shown.</param>
    /// <param name="rulesOut">See <see cref="RulesOut"/>.</param>
    public static Mismatch Value(Func<string> wants, JsonNode? node, bool secret, bool rulesOut = false) =>
        new(path => $"{Argument(path)}: got {Got(node, secret)}, but the tool wants {wants()}.", "", 0, rulesOut);

    /// <summary>Something else; the message is given the argument's path, empty for the arguments as a whole.</summary>
    public static Mismatch Because(Func<string, string> message) => new(message, "", 0, rulesOut: false);

    /// <summary>The same, seen from the object that holds the value.</summary>
    public Mismatch Within(string property) => new(_message, _path.Length == 0 || _path[0] == '[' ? property + _path : $"{property}.{_path}", Depth + 1, RulesOut);

    /// <summary>The same, seen from the array that holds the value.</summary>
    public Mismatch Within(int index) => new(_message, _path.Length == 0 || _path[0] == '[' ? $"[{index}]{_path}" : $"[{index}].{_path}", Depth + 1, RulesOut);

    /// <summary>The failure to report.</summary>
    public McpFailureException ToFailure() => new(ErrorIds.InvalidArgument, $"{_message(_path)} Nothing was sent.");

    /// <summary>How a message begins.</summary>
    public static string Argument(string path) => path.Length == 0 ? "The arguments" : $"Argument '{TerminalText.Shorten(TerminalText.Clean(path), LongestPath)}'";

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
