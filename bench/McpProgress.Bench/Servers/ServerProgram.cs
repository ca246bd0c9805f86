using System.Diagnostics;
using System.Text.Json.Nodes;

namespace McpProgress.Bench.Servers;

/// <summary>A server to be measured: how it is started for each transport.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Program">The executable.</param>
/// <param name="Stdio">Its arguments for stdio.</param>
/// <param name="Http">Its arguments for HTTP; it prints <c>{"url":…}</c> as its first line.</param>
internal sealed record ServerProgram(string Name, string Program, IReadOnlyList<string> Stdio, IReadOnlyList<string> Http)
{
    public Process StartStdio() => Start(Stdio);

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task<(Process Process, Uri Url)> StartHttpAsync()
    {
        Process process = Start(Http);
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync().ConfigureAwait(false)
                ?? throw new InvalidOperationException($"{Name} ended before it listened.");
        }
        while (!line.StartsWith('{'));

        // What it says from now on must not fill the pipe.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return (process, new Uri((string)JsonNode.Parse(line)!["url"]!));
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
