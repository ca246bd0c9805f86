using System.Globalization;
using System.Management.Automation.Language;

namespace McpProgress.PowerShell.Conversion;

/// <summary>Values as PowerShell code: none of them can become more than a value.</summary>
internal static class Literal
{
    /// <summary>A text in quotes, which typographic ones cannot close.</summary>
    public static string Of(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    /// <summary>A number as every culture's command line takes it.</summary>
    public static string Of(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
