using System.Diagnostics;

namespace McpProgress.Bench;

/// <summary>A program and its arguments, run to its end and timed.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments, one each.</param>
/// <param name="Expected">A text that its output must have in it: a program that failed quickly is not fast.</param>
internal sealed record Command(string Name, string Program, IReadOnlyList<string> Arguments, string Expected)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>A contestant that prints its figures as one JSON object.</summary>
    public static Command Reporting(string name, string program, params IReadOnlyList<string> arguments) => new(name, program, arguments, "{");

    /// <summary>A script of bench/peers in PowerShell, which prints its figures as one JSON object.</summary>
    public static Command PwshScript(string name, string script, params IReadOnlyList<string> arguments) =>
        Reporting(name, Contestants.Pwsh, ["-NoProfile", "-NonInteractive", "-File", Contestants.Peer(script), .. arguments]);

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
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        string text = await output.ConfigureAwait(false);
        return process.ExitCode == 0 && text.Contains(Expected, StringComparison.Ordinal)
            ? (elapsed, text)
            : throw new InvalidOperationException(
                $"{Name} ended with exit code {process.ExitCode}:\n{text}\n{await errors.ConfigureAwait(false)}");
    }
}
