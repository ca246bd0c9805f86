using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;
using McpProgress.Server.Tools;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// The <c>ValidatePattern</c> attributes of a command's parameters. PowerShell matches them without a limit of time, and
/// nothing can stop it: a text that one of them takes too long for must not get there.
/// </summary>
/// <param name="command">The command.</param>
internal sealed class ParameterPatterns(CommandInfo command)
{
    // For all patterns of a call together; PowerShell then takes about as long again.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, ValidatePatternAttribute[]> _patterns = command.Parameters
        .Select(parameter => (Name: parameter.Key, Patterns: parameter.Value.Attributes.OfType<ValidatePatternAttribute>().ToArray()))
        .Where(parameter => parameter.Patterns.Length > 0)
        .ToDictionary(parameter => parameter.Name, parameter => parameter.Patterns, StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks at the values of a call. Whether they match is PowerShell's to say.</summary>
    /// <exception cref="ToolException">One of them takes too long.</exception>
    public void Check(IReadOnlyDictionary<string, object?> values)
    {
        var clock = Stopwatch.StartNew();
        foreach (var (name, value) in values)
        {
            foreach (var pattern in _patterns.GetValueOrDefault(name, []))
            {
                foreach (var text in TextsOf(value))
                {
                    if (!IsInTime(text, pattern, Limit - clock.Elapsed))
                    {
                        throw new ToolException($"The argument '{name}': it takes too long to match it with the regular expression {pattern.RegexPattern}. Send a shorter or simpler text.");
                    }
                }
            }
        }
    }

    // As PowerShell takes a value apart: a list's elements, each as it is written.
    private static IEnumerable<string> TextsOf(object? value) =>
        (LanguagePrimitives.GetEnumerable(value)?.Cast<object?>() ?? [value]).Select(element => element?.ToString()).OfType<string>();

    private static bool IsInTime(string text, ValidatePatternAttribute pattern, TimeSpan limit)
    {
        if (limit <= TimeSpan.Zero)
        {
            return false;
        }

        try
        {
            _ = Regex.IsMatch(text, pattern.RegexPattern, pattern.Options, limit);
            return true;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
        catch (ArgumentException)
        {
            // No regular expression: PowerShell refuses every value, at once.
            return true;
        }
    }
}
