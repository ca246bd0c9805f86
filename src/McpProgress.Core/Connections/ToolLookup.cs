using McpProgress.Core.Text;

namespace McpProgress.Core.Connections;

/// <summary>Finds the tool a user means.</summary>
public static class ToolLookup
{
    /// <summary>The tool of that name: exactly, or the only one that differs in case alone.</summary>
    /// <exception cref="McpFailureException">McpToolNotFound, with the nearest names.</exception>
    public static ToolDescriptor Find(ServerConnection connection, IReadOnlyList<ToolDescriptor> tools, string name)
    {
        ToolDescriptor? exact = tools.FirstOrDefault(tool => tool.Name == name);
        if (exact is not null)
        {
            return exact;
        }

        ToolDescriptor[] similar = [.. tools.Where(tool => string.Equals(tool.Name, name, StringComparison.OrdinalIgnoreCase))];
        return similar.Length == 1 ? similar[0] : throw NotFound(connection, tools, name);
    }

    /// <summary>The failure for a tool that is not there.</summary>
    public static McpFailureException NotFound(ServerConnection connection, IReadOnlyList<ToolDescriptor> tools, string name)
    {
        IReadOnlyList<string> near = NearestNames.Find(name, tools.Select(tool => tool.Name));
        string hint = near.Count > 0 ? $"Did you mean {string.Join(", ", near)}?" : "Get-McpTool lists what it has.";
        return new McpFailureException(ErrorIds.ToolNotFound, $"Server '{connection.Name}' has no tool '{name}'. {hint}");
    }
}
