using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;
using McpProgress.Core.Tests.Tasks;

namespace McpProgress.Core.Tests.Mcpc;

/// <summary>A conversation of the original implementation, as it was recorded.</summary>
internal sealed class Recording
{
    private readonly List<(bool FromClient, string Line)> _lines;

    private Recording(List<(bool FromClient, string Line)> lines) => _lines = lines;

    /// <summary>The request that calls the tool.</summary>
    public JsonObject Call => Requests().Last();

    /// <summary>The probe; null in the conversations of plain clients.</summary>
    public JsonObject? Probe => Requests().FirstOrDefault(request => NameOf(request) != NameOf(Call));

    /// <summary>The messages of MCPC among the server's lines, in order.</summary>
    public IReadOnlyList<McpcMessage> Messages => [.. ServerLines().SelectMany(TextsOf).Select(text => McpcMessage.TryParse(text, out McpcMessage message) ? message : null).OfType<McpcMessage>()];

    /// <summary>What the server sent after the call.</summary>
    public IEnumerable<string> AfterCall => _lines.SkipWhile(line => !line.FromClient || !JsonNode.DeepEquals(JsonNode.Parse(line.Line), Call)).Skip(1).Select(line => line.Line);

    public static Recording Read(string name)
    {
        var lines = File.ReadLines(Path.Combine(Folder(), name + ".log"))
            .Where(line => line.Length > 4)
            .Select(line => (line.StartsWith("C>S ", StringComparison.Ordinal), line[4..]))
            .ToList();
        return new Recording(lines);
    }

    public static string? NameOf(JsonObject request) => (string?)request["params"]?["name"];

    /// <summary>The server's result to a request of the client.</summary>
    public JsonNode ResultOf(Func<JsonObject, bool> request)
    {
        JsonNode id = _lines.Where(line => line.FromClient).Select(line => FakeServer.Json(line.Line)).First(request)["id"]!;
        return ServerLines().First(answer => JsonNode.DeepEquals(answer["id"], id))["result"]!.DeepClone();
    }

    /// <summary>The texts of a result's content.</summary>
    public static IEnumerable<string> TextsOf(JsonObject line) => (line["result"]?["content"] as JsonArray ?? []).Select(block => (string)block!["text"]!);

    private IEnumerable<JsonObject> ServerLines() => _lines.Where(line => !line.FromClient).Select(line => FakeServer.Json(line.Line));

    private IEnumerable<JsonObject> Requests() => _lines.Where(line => line.FromClient).Select(line => FakeServer.Json(line.Line)).Where(line => (string?)line["method"] == "tools/call");

    private static string Folder()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !Directory.Exists(Path.Combine(root, "tests", "vectors", "mcpc")))
        {
            root = Path.GetDirectoryName(root);
        }

        return Path.Combine(root ?? throw new DirectoryNotFoundException("tests/vectors/mcpc"), "tests", "vectors", "mcpc");
    }
}
