using System.Management.Automation;
using System.Text.Json;
using McpProgress.Core.Text;
using McpProgress.PowerShell.Conversion;

namespace McpProgress.PowerShell.Completion;

/// <summary>Lets Tab offer the values that a tool's schema lists for an argument. Others are left to the binder, whose error says more.</summary>
internal static class ValueCompletion
{
    /// <summary>The attribute for these values. It is a script: a completer's class cannot be given values.</summary>
    /// <param name="values">The values.</param>
    /// <returns>Null when there are none to offer.</returns>
    public static ArgumentCompleterAttribute? For(IEnumerable<JsonElement> values)
    {
        string[] pairs =
        [
            .. values.Where(value => value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(value => (Text: $"{value}", IsText: value.ValueKind == JsonValueKind.String))
                .Where(value => CanBeOffered(value.Text))
                .Select(value => $"@({Literal.Of(value.Text)}, {Literal.Of(value.IsText ? Written(value.Text) : value.Text)})"),
        ];
        return pairs.Length == 0 ? null : new ArgumentCompleterAttribute(ScriptBlock.Create($$"""
            param($command, $parameter, $word)
            $typed = "$word".Trim("'", '"')
            foreach ($pair in {{string.Join(", ", pairs.Prepend("@()"))}}) {
                if ($pair -and $pair[0].StartsWith($typed, 'OrdinalIgnoreCase')) { $pair[1] }
            }
            """));
    }

    /// <summary>Whether a text that a stranger wrote may become a part of the user's line.</summary>
    public static bool CanBeOffered(string value) => value.Length > 0 && TerminalText.Clean(value) == value;

    /// <summary>A value as it is written on the command line: in quotes where need be.</summary>
    public static string Written(string value)
    {
        // -x would be a parameter, and 2.10 the number 2.1.
        bool plain = !value.StartsWith('-') && !value.All(character => char.IsAsciiDigit(character) || character == '.')
            && value.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':');
        return plain ? value : Literal.Of(value);
    }
}
