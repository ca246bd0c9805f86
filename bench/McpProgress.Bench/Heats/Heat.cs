using McpProgress.Bench.Report;

namespace McpProgress.Bench.Heats;

/// <summary>A part of the race: contestants that do the same work.</summary>
internal abstract class Heat
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The heading in the report.</summary>
    public abstract string Title { get; }

    /// <summary>What is done, in a sentence or two.</summary>
    public abstract string Note { get; }

    /// <summary>How often every contestant has its turn.</summary>
    public virtual int Rounds => 5;

    /// <summary>What was measured.</summary>
    public abstract IReadOnlyList<Sheet> Sheets { get; }

    /// <summary>What the project promises of it.</summary>
    public abstract IEnumerable<Goal> Goals { get; }

    /// <summary>Gives every contestant its turn.</summary>
    public abstract Task RunRoundAsync();
}
