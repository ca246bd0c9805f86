using System.Management.Automation;

namespace McpProgress.PowerShell.Publishing;

/// <summary>How a runspace for published commands is made: alike each time, and with nothing of the caller's in it.</summary>
internal sealed class RunspaceRecipe
{
    /// <summary>Functions of the publishing session, by name: their source.</summary>
    public Dictionary<string, string> Functions { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Filters of the publishing session, by name: their source.</summary>
    public Dictionary<string, string> Filters { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names or paths of modules to import.</summary>
    public List<string> Modules { get; } = [];

    /// <summary>Full paths of scripts to dot-source.</summary>
    public List<string> Scripts { get; } = [];

    /// <summary>Where commands start.</summary>
    public required string Location { get; init; }

    /// <summary>The names of the variables that PowerShell itself puts there; known once a first runspace was made.</summary>
    public IReadOnlySet<string>? VanillaVariables { get; set; }

    /// <summary>Takes over a function or filter of the publishing session. Their source alone does not tell which it is.</summary>
    public void Add(FunctionInfo function) => (function is FilterInfo ? Filters : Functions)[function.Name] = function.Definition;
}
