namespace McpProgress.Core.Text;

/// <summary>Finds the names a user may have meant.</summary>
public static class NearestNames
{
    // Longer names are not typed by hand; comparing them would only cost time.
    private const int LongestName = 128;

    /// <summary>
    /// The candidates nearest to a name, nearest first: the same but for case, then one a prefix of the other, then one
    /// within the other, then by edit distance (a swap of neighbours counts as one edit) while it is at most a third of
    /// the name. The comparison ignores case.
    /// </summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="candidates">What there is.</param>
    /// <param name="max">The most names to return.</param>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> candidates, int max = 3)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);

        return [.. candidates
            .Distinct(StringComparer.Ordinal)
            .Select(candidate => (candidate, rank: Rank(name, candidate)))
            .Where(scored => scored.rank is not null)
            .OrderBy(scored => scored.rank)
            .ThenBy(scored => scored.candidate, StringComparer.OrdinalIgnoreCase)
            .Take(max)
            .Select(scored => scored.candidate)];
    }

    /// <summary>A ready sentence such as <c> Did you mean 'a' or 'b'?</c>, with a leading space; empty when nothing is near.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="candidates">What there is; may come from a server, so it is cleaned here.</param>
    internal static string Hint(string name, IEnumerable<string> candidates)
    {
        var near = Find(name, candidates).Select(candidate => $"'{TerminalText.Shorten(TerminalText.Clean(candidate), LongestName)}'").ToArray();
        return near.Length == 0 ? "" : $" Did you mean {string.Join(" or ", near)}?";
    }

    private static (int Kind, int Distance)? Rank(string name, string candidate)
    {
        if (name.Length is 0 or > LongestName || candidate.Length is 0 or > LongestName)
        {
            return null;
        }

        if (name.Equals(candidate, StringComparison.OrdinalIgnoreCase))
        {
            return (0, 0);
        }

        var lengthDifference = Math.Abs(name.Length - candidate.Length);
        var shorter = Math.Min(name.Length, candidate.Length);
        if (shorter >= 2 && (candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase) || name.StartsWith(candidate, StringComparison.OrdinalIgnoreCase)))
        {
            return (1, lengthDifference);
        }

        if (shorter >= 3 && (candidate.Contains(name, StringComparison.OrdinalIgnoreCase) || name.Contains(candidate, StringComparison.OrdinalIgnoreCase)))
        {
            return (2, lengthDifference);
        }

        var allowed = Math.Max(1, (name.Length + 2) / 3);
        if (lengthDifference > allowed)
        {
            return null;
        }

        var distance = Distance(name, candidate);
        return distance <= allowed && distance < shorter ? (3, distance) : null;
    }

    /// <summary>The optimal string alignment distance, ignoring case.</summary>
    private static int Distance(string a, string b)
    {
        Span<int> beforeLast = stackalloc int[LongestName + 1];
        Span<int> last = stackalloc int[LongestName + 1];
        Span<int> current = stackalloc int[LongestName + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                var best = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    best = Math.Min(best, beforeLast[j - 2] + 1);
                }

                current[j] = best;
            }

            var oldest = beforeLast;
            beforeLast = last;
            last = current;
            current = oldest;
        }

        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
