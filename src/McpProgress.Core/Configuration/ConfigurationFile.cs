using System.Text.Json;
using McpProgress.Core.Text;

namespace McpProgress.Core.Configuration;

/// <summary>One mcp.json file that parses.</summary>
internal sealed class ConfigurationFile
{
    private static readonly string[] ServerKeys = ["mcpServers", "servers"];

    // People write these files by hand; editors' parsers allow both.
    private static readonly JsonDocumentOptions Relaxed = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    private ConfigurationFile(string path, JsonElement root)
    {
        Path = path;
        Entries = [.. ServerKeys.SelectMany(key => Servers(path, root, key)).DistinctBy(entry => entry.Name, StringComparer.Ordinal)];
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Its servers, in the order of the file.</summary>
    public IReadOnlyList<ServerEntry> Entries { get; }

    /// <summary>Reads a file.</summary>
    /// <returns>Null when the file is not there and need not be.</returns>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>: it cannot be read, or is not such a file.</exception>
    public static ConfigurationFile? Open(string path, bool mustExist)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return mustExist
                ? throw new McpFailureException(ErrorIds.InvalidArgument, $"The configuration file '{path}' does not exist.", e)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"The configuration file '{path}' cannot be read: {e.Message}", e);
        }

        var root = JsonText.Parse(text, $"The configuration file '{path}'", Relaxed);
        return root.ValueKind == JsonValueKind.Object
            ? new ConfigurationFile(path, root)
            : throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"The configuration file '{path}' must hold a JSON object with \"mcpServers\" or \"servers\".");
    }

    /// <summary>The server of a name, an exact spelling first.</summary>
    public ServerEntry? Find(string name) =>
        Entries.FirstOrDefault(entry => entry.Name == name)
        ?? Entries.FirstOrDefault(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<ServerEntry> Servers(string path, JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out var servers) || servers.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return servers.ValueKind == JsonValueKind.Object
            ? servers.EnumerateObject().Select(server => new ServerEntry(path, server.Name, server.Value))
            : throw new McpFailureException(
                ErrorIds.InvalidArgument,
                $"In the configuration file '{path}', \"{key}\" must be an object of servers by name.");
    }
}
