using McpProgress.Core.Text;

namespace McpProgress.Core.Configuration;

/// <summary>
/// Finds servers in mcp.json files. The files, in the order in which they are searched:
/// <list type="number">
/// <item><c>.mcp.json</c>, <c>mcp.json</c> and <c>.vscode/mcp.json</c> in the working directory;</item>
/// <item>the user's own: <c>mcpprogress/mcp.json</c> in the settings folder (<see cref="UserPlaces.ConfigurationRoot"/>),
/// then <c>.mcp.json</c> in the home folder.</item>
/// </list>
/// The first file that has a server of the name wins; names ignore case, an exact spelling is preferred within a file.
/// Servers stand under <c>mcpServers</c> (Claude, Cursor) or <c>servers</c> (VS Code). Comments and trailing commas are
/// accepted.
/// </summary>
/// <param name="user">Where the user's files are, and the environment for <c>${env:NAME}</c>.</param>
public sealed class McpConfiguration(UserPlaces user)
{
    /// <summary>Looks a server up and expands its variables.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="workingDirectory">The folder of the project, an absolute path.</param>
    /// <param name="explicitPath">A file to search instead of all others; relative to <paramref name="workingDirectory"/>.</param>
    /// <exception cref="McpFailureException">
    /// <see cref="ErrorIds.ServerNotFound"/> when no file has it; <see cref="ErrorIds.InvalidArgument"/> when a file
    /// searched on the way cannot be read, or the entry cannot be used.
    /// </exception>
    public ConfiguredServer Find(string name, string workingDirectory, string? explicitPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        var searched = new List<ConfigurationFile>();
        foreach (var file in OpenFiles(workingDirectory, explicitPath))
        {
            if (file.Find(name) is { } entry)
            {
                return entry.ToServer(VariableExpander.For(entry, workingDirectory, user));
            }

            searched.Add(file);
        }

        throw NotFound(name, searched, FilePaths(workingDirectory, explicitPath));
    }

    /// <summary>Lists the servers of all files. A file that cannot be read does not hide the others.</summary>
    /// <param name="workingDirectory">The folder of the project, an absolute path.</param>
    /// <param name="explicitPath">A file to list instead of all others; relative to <paramref name="workingDirectory"/>.</param>
    public ConfigurationListing List(string workingDirectory, string? explicitPath = null)
    {
        var servers = new List<ListedServer>();
        var problems = new List<McpFailureException>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

        foreach (var path in FilePaths(workingDirectory, explicitPath))
        {
            try
            {
                if (ConfigurationFile.Open(path, mustExist: explicitPath is not null) is not { } file)
                {
                    continue;
                }

                servers.AddRange(file.Entries.Select(entry => entry.ToListed(isShadowed: taken.Contains(entry.Name))));
                taken.UnionWith(file.Entries.Select(entry => entry.Name));
            }
            catch (McpFailureException problem)
            {
                problems.Add(problem);
            }
        }

        return new ConfigurationListing(servers, problems);
    }

    /// <summary>The full paths that are searched, first to last, whether they exist or not.</summary>
    /// <param name="workingDirectory">The folder of the project, an absolute path.</param>
    /// <param name="explicitPath">The only file to search; relative to <paramref name="workingDirectory"/>.</param>
    public IReadOnlyList<string> FilePaths(string workingDirectory, string? explicitPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(workingDirectory);
        if (explicitPath is not null)
        {
            return [Path.GetFullPath(explicitPath, workingDirectory)];
        }

        List<string> paths =
        [
            Path.Combine(workingDirectory, ".mcp.json"),
            Path.Combine(workingDirectory, "mcp.json"),
            Path.Combine(workingDirectory, ".vscode", "mcp.json"),
        ];
        if (user.ConfigurationRoot.Length > 0)
        {
            paths.Add(Path.Combine(user.ConfigurationRoot, "mcpprogress", "mcp.json"));
        }

        if (user.Home.Length > 0)
        {
            paths.Add(Path.Combine(user.Home, ".mcp.json"));
        }

        // Working in the home folder must not list its file twice.
        return [.. paths.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
    }

    private IEnumerable<ConfigurationFile> OpenFiles(string workingDirectory, string? explicitPath) =>
        FilePaths(workingDirectory, explicitPath)
            .Select(path => ConfigurationFile.Open(path, mustExist: explicitPath is not null))
            .OfType<ConfigurationFile>();

    private static McpFailureException NotFound(string name, List<ConfigurationFile> searched, IReadOnlyList<string> paths)
    {
        var hint = NearestNames.Hint(name, searched.SelectMany(file => file.Entries).Select(entry => entry.Name));
        var places = string.Join("; ", paths.Select(path => searched.Exists(file => file.Path == path) ? path : $"{path} (not there)"));
        return new McpFailureException(
            ErrorIds.ServerNotFound,
            $"No configured MCP server is named '{TerminalText.Clean(name)}'.{hint} Looked in: {places}.");
    }
}
