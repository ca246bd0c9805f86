using System.Diagnostics.CodeAnalysis;

namespace McpProgress.Server.Tools;

/// <summary>The tools of one server, in the order they are listed.</summary>
public sealed class ToolSet
{
    private readonly Dictionary<string, ServerTool> _byName;

    /// <summary>Makes a set of the given tools.</summary>
    /// <param name="tools">The tools; their names differ.</param>
    /// <exception cref="ArgumentException">Two tools have the same name.</exception>
    public ToolSet(IEnumerable<ServerTool> tools)
    {
        Tools = [.. tools];
        _byName = new(StringComparer.Ordinal);
        foreach (var tool in Tools)
        {
            if (!_byName.TryAdd(tool.Name, tool))
            {
                throw new ArgumentException($"There are two tools named '{tool.Name}'.", nameof(tools));
            }
        }
    }

    /// <summary>The tools in order.</summary>
    public IReadOnlyList<ServerTool> Tools { get; }

    /// <summary>Finds a tool by its exact name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="tool">The tool, when there is one.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out ServerTool? tool) => _byName.TryGetValue(name, out tool);
}
