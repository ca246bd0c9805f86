using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Connections;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>What a client's mcp.json says of a server.</summary>
internal static class ConfigurationEntry
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The entry as a whole file with one server, ready to paste.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="uri">Where it listens; null for stdio.</param>
    /// <param name="hasToken">Whether clients must carry a token: the entry names an environment variable, never the token.</param>
    /// <param name="command">What starts it over stdio.</param>
    public static string Of(string name, Uri? uri, bool hasToken, StdioEndpoint? command)
    {
        var entry = uri is not null ? new JsonObject { ["type"] = "http", ["url"] = uri.ToString() } : new JsonObject { ["type"] = "stdio" };
        if (uri is not null && hasToken)
        {
            entry["headers"] = new JsonObject { ["Authorization"] = "Bearer ${MCPPROGRESS_TOKEN}" };
        }

        if (uri is null && command is not null)
        {
            entry["command"] = command.Command;
            entry["args"] = new JsonArray([.. command.Arguments.Select(argument => (JsonNode)argument)]);
        }

        return new JsonObject { ["mcpServers"] = new JsonObject { [name] = entry } }.ToJsonString(Readable);
    }
}
