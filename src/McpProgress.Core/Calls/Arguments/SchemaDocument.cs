using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// A tool's schema as a whole: resolves references, matches patterns, and bounds the work that a hostile schema can cause.
/// One for each binding; not thread-safe.
/// </summary>
/// <param name="root">The schema that <c>#</c> stands for.</param>
/// <param name="allowance">How many steps converting and checking may take together.</param>
internal sealed class SchemaDocument(JsonElement root, long allowance)
{
    // Sixty levels of values, each through a handful of references and alternatives.
    private const int MaxDepth = 500;

    private const long CostOfTimeout = 15_000;

    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _uselessPatterns = new(StringComparer.Ordinal);
    private long _allowance = allowance;
    private int _depth;

    /// <summary>The schema that <c>#</c> stands for.</summary>
    public JsonElement Root => root;

    /// <summary>Begins one step of work, which may hold others; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>: the schema takes too much work or stack. The document is of no more use.</exception>
    public void Enter()
    {
        if (--_allowance < 0 || ++_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new McpFailureException(
                ErrorIds.InvalidArgument,
                "The tool's schema is too deep or has too many alternatives to check these arguments against it. Nothing was sent.");
        }
    }

    /// <summary>Ends a step that came to its end.</summary>
    public void Leave() => _depth--;

    /// <summary>Follows a JSON pointer within the document (RFC 6901 in a URI fragment). References elsewhere are not followed.</summary>
    public bool TryResolve(string reference, out JsonElement schema)
    {
        schema = root;
        if (reference == "#")
        {
            return true;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var part in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            switch (schema.ValueKind)
            {
                case JsonValueKind.Object when schema.TryGet(name, out var member):
                    schema = member;
                    break;
                case JsonValueKind.Array when int.TryParse(name, out var index) && index >= 0 && index < schema.GetArrayLength():
                    schema = schema[index];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether a text matches a schema's pattern. Patterns are ECMA-262: one that .NET cannot parse, or that takes too
    /// long, is left to the server and gives <paramref name="whenUnknown"/>.
    /// </summary>
    public bool Matches(string text, string pattern, bool whenUnknown)
    {
        if (_uselessPatterns.Contains(pattern))
        {
            return whenUnknown;
        }

        try
        {
            // The static method keeps the last few patterns compiled, which is what repeated calls of a tool need.
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (RegexParseException)
        {
            _uselessPatterns.Add(pattern);
            return whenUnknown;
        }
        catch (RegexMatchTimeoutException)
        {
            // A schema of many such patterns must not take a tenth of a second for each.
            _allowance -= CostOfTimeout;
            _uselessPatterns.Add(pattern);
            return whenUnknown;
        }
    }
}
