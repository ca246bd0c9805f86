using System.Diagnostics;
using System.Globalization;
using System.Text;
using McpProgress.Bench.Heats;
using McpProgress.Bench.Report;

namespace McpProgress.Bench;

/// <summary>The whole comparison: rounds, in each of which every contestant of every heat has its turn, and the report.</summary>
internal static class Race
{
    public static async Task<string> RunAsync(IReadOnlyList<Heat> heats)
    {
        Contestants.EnsurePresent();
        long start = Stopwatch.GetTimestamp();
        int rounds = heats.Max(heat => heat.Rounds);
        for (int round = 1; round <= rounds; round++)
        {
            foreach (Heat heat in heats.Where(heat => round <= heat.Rounds))
            {
                long begun = Stopwatch.GetTimestamp();
                await heat.RunRoundAsync().ConfigureAwait(false);
                Console.Error.WriteLine($"round {round} of {rounds}: {heat.Name}, {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s");
            }
        }

        return Describe(heats, Stopwatch.GetElapsedTime(start));
    }

    private static string Describe(IReadOnlyList<Heat> heats, TimeSpan elapsed)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"""
            # Benchmarks

            Written by `./build.sh bench`, in one run of {elapsed.TotalMinutes:F0} minutes, on {Machine.Describe()}. Machines are noisy: every
            contestant has its turn in every round, each time in a new process; a figure is the median of the rounds (in brackets the
            least and the greatest), and what counts are the ratios. bench/README.md says what is measured and how.

            {Machine.Versions()}

            ## The promised figures

            {GoalTable(heats.SelectMany(heat => heat.Goals))}

            """);
        foreach (Heat heat in heats)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {heat.Title}\n\n{heat.Note} {Rounds(heat.Rounds)}\n");
            foreach (Sheet sheet in heat.Sheets)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{sheet.ToMarkdown()}\n");
            }
        }

        return text.ToString();
    }

    private static string Rounds(int rounds) => rounds == 1 ? "One round." : $"{rounds} rounds.";

    private static MarkdownTable GoalTable(IEnumerable<Goal> goals)
    {
        var table = new MarkdownTable("figure", "wanted", "measured", "holds");
        foreach (Goal goal in goals)
        {
            table.Add(goal.Figure, goal.Wanted, goal.Measured, goal.Holds ? "yes" : "**no**");
        }

        return table;
    }
}
