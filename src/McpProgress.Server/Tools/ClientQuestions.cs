using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tools;

/// <summary>A question to the client's model: the next message (<c>sampling/createMessage</c>).</summary>
/// <param name="Parameters">The messages so far, and how the next one is to be.</param>
public sealed record SamplingRequest(CreateMessageRequestParams Parameters) : ToolQuestion<CreateMessageResult>
{
    /// <inheritdoc/>
    internal override string Method => RequestMethods.SamplingCreateMessage;

    /// <inheritdoc/>
    internal override ClientCapabilities Needs => new() { Sampling = new SamplingCapability() };

    /// <inheritdoc/>
    internal override string Capability => "sampling";

    /// <inheritdoc/>
    internal override string Text => "A message of your model is needed.";

    /// <inheritdoc/>
    internal override bool IsTakenBy(ClientCapabilities? client) => client?.Sampling is not null;

    /// <inheritdoc/>
    internal override JsonObject ToParameters() => (JsonObject)JsonSerializer.SerializeToNode(Parameters, McpJsonUtilities.DefaultOptions)!;

    private protected override CreateMessageResult Read(JsonNode? answer) => AnswerReader.Read<CreateMessageResult>(answer, "A model's message");
}

/// <summary>A question for the client's roots (<c>roots/list</c>): the folders and places it works on.</summary>
public sealed record RootsRequest : ToolQuestion<ListRootsResult>
{
    /// <inheritdoc/>
    internal override string Method => RequestMethods.RootsList;

    /// <inheritdoc/>
    internal override ClientCapabilities Needs => new() { Roots = new RootsCapability() };

    /// <inheritdoc/>
    internal override string Capability => "roots";

    /// <inheritdoc/>
    internal override string Text => "The list of your roots is needed.";

    /// <inheritdoc/>
    internal override bool IsTakenBy(ClientCapabilities? client) => client?.Roots is not null;

    /// <inheritdoc/>
    internal override JsonObject ToParameters() => [];

    private protected override ListRootsResult Read(JsonNode? answer) => AnswerReader.Read<ListRootsResult>(answer, "A list of roots");
}

/// <summary>Reads answers that have a type of the protocol.</summary>
internal static class AnswerReader
{
    /// <exception cref="FormatException">It is not of that type.</exception>
    public static T Read<T>(JsonNode? answer, string what)
    {
        try
        {
            return (answer as JsonObject).Deserialize<T>(McpJsonUtilities.DefaultOptions) ?? throw new FormatException($"{what} is an object.");
        }
        catch (JsonException failure)
        {
            throw new FormatException($"{what} has another form: {failure.Message}", failure);
        }
    }
}
