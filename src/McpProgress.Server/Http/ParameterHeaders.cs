using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Http;

/// <summary>
/// Arguments that must come as headers too, so that a gateway can route by them: a property of a tool's schema with
/// <c>x-mcp-header: Name</c> comes as <c>Mcp-Param-Name</c> (2026-07-28, Streamable HTTP; SEP-2243).
/// </summary>
internal sealed class ParameterHeaders
{
    private const string Prefix = "Mcp-Param-";

    // Beyond it a client that reads numbers as JavaScript does may have seen another number.
    private const double LargestInteger = 9007199254740991;

    private readonly Dictionary<string, Marked[]> _byTool;

    /// <summary>Reads the tools' schemas.</summary>
    public ParameterHeaders(ToolSet tools) => _byTool = tools.Tools
        .Select(tool => (tool.Name, Marked: MarkedIn(tool.InputSchema, []).ToArray()))
        .Where(tool => tool.Marked.Length > 0)
        .ToDictionary(tool => tool.Name, tool => tool.Marked, StringComparer.Ordinal);

    /// <summary>What is wrong between the arguments of a call and its headers; null when nothing is.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="parameters">The parameters of its <c>tools/call</c>.</param>
    public string? Check(HttpExchange exchange, JsonObject? parameters) =>
        parameters?["name"] is JsonValue name && name.TryGetValue(out string? tool) && _byTool.TryGetValue(tool, out var marked)
            ? marked.Select(property => Check(exchange, property, parameters["arguments"])).FirstOrDefault(reason => reason is not null)
            : null;

    private static string? Check(HttpExchange exchange, Marked property, JsonNode? arguments)
    {
        var argument = property.Path.Aggregate(arguments, (node, step) => (node as JsonObject)?[step]);
        if (exchange.RequestHeader(property.Header)?.Trim() is not { } given)
        {
            return argument is null ? null : $"the {property.Header} header is missing.";
        }

        if (HeaderRules.Decode(given) is not { } decoded)
        {
            return $"the {property.Header} header is not validly encoded.";
        }

        return argument is JsonValue value && Matches(decoded, value, property.IsInteger)
            ? null
            : $"the {property.Header} header says '{decoded}', the argument '{argument?.ToJsonString()}'.";
    }

    // Numbers are compared as numbers: 42 and 42.0 are one integer.
    private static bool Matches(string header, JsonValue argument, bool isInteger) => argument.GetValueKind() switch
    {
        JsonValueKind.Number when isInteger =>
            double.TryParse(header, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) &&
            number == Math.Truncate(number) && Math.Abs(number) <= LargestInteger && number == argument.GetValue<double>(),
        JsonValueKind.True => header == "true",
        JsonValueKind.False => header == "false",
        _ => header == argument.ToString(),
    };

    private static IEnumerable<Marked> MarkedIn(JsonElement schema, string[] path)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var property in properties.EnumerateObject())
        {
            string[] inner = [.. path, property.Name];
            if (property.Value.ValueKind == JsonValueKind.Object &&
                property.Value.TryGetProperty("x-mcp-header", out var header) && header.ValueKind == JsonValueKind.String && header.GetString() is { Length: > 0 } name)
            {
                yield return new Marked(Prefix + name, inner, property.Value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("integer"));
            }

            foreach (var nested in MarkedIn(property.Value, inner))
            {
                yield return nested;
            }
        }
    }

    private sealed record Marked(string Header, string[] Path, bool IsInteger);
}
