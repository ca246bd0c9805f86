using System.Diagnostics;

namespace McpProgress.Bench.Comparison;

/// <summary>A program and its arguments, run to its end and timed.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments, one each.</param>
/// <param name="Expected">A text that its output must have in it: a program that failed quickly is not fast.</param>
internal sealed record Command(string Name, string Program, IReadOnlyList<string> Arguments, string Expected)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    public async Task<(TimeSpan Elapsed, string Output)> RunAsync()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(s_limit).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        string text = await output.ConfigureAwait(false);
        return process.ExitCode == 0 && text.Contains(Expected, StringComparison.Ordinal)
            ? (elapsed, text)
            : throw new InvalidOperationException(
                $"{Name} ended with exit code {process.ExitCode}:\n{text}\n{await errors.ConfigureAwait(false)}");
    }
}
