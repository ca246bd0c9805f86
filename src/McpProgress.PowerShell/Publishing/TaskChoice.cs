using System.Management.Automation;
using McpProgress.Server.Tools;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Which published commands may or must run as tasks of MCP.</summary>
/// <param name="never">Names, with wildcards, of those that do not.</param>
/// <param name="always">Names, with wildcards, of those that do nothing else.</param>
internal sealed class TaskChoice(IReadOnlyList<string> never, IReadOnlyList<string> always)
{
    /// <summary>Each client decides for each call.</summary>
    public static TaskChoice AsClientsLike { get; } = new([], []);

    /// <summary>Names of commands that do not run as tasks.</summary>
    public IReadOnlyList<string> Never => never;

    /// <summary>Names of commands that run as tasks only.</summary>
    public IReadOnlyList<string> Always => always;

    /// <summary>What holds for a command.</summary>
    public TaskSupport Of(string command) =>
        Matches(never, command) ? TaskSupport.Forbidden : Matches(always, command) ? TaskSupport.Required : TaskSupport.Optional;

    /// <summary>A sentence for each name that none of the commands has.</summary>
    public IEnumerable<string> FindUnused(IEnumerable<string> commands) =>
        never.Concat(always).Where(pattern => !commands.Any(command => Matches([pattern], command)))
            .Select(pattern => $"-NoTask and -TaskOnly: no published command is named '{pattern}'.");

    private static bool Matches(IReadOnlyList<string> patterns, string command) =>
        patterns.Any(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(command));
}
