using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Text;
using McpProgress.Core.Transport;

namespace McpProgress.Core.Tasks;

/// <summary>A question that a server puts while it works (elicitation).</summary>
/// <param name="Key">Names the question within its task or call.</param>
/// <param name="Method">What is asked for: <c>elicitation/create</c>, or another request of the protocol.</param>
/// <param name="Message">The question, for a person.</param>
/// <param name="Schema">What a form answer must look like; null when any will do.</param>
/// <param name="Parameters">The whole question as it came.</param>
public sealed record InputRequest(string Key, string Method, string Message, JsonObject? Schema, JsonObject Parameters)
{
    /// <summary>Where the user is to go, when the question is answered on a web page.</summary>
    public string? Url => Parameters.Member("url").Text();

    /// <summary>Reads a question from its request parameters.</summary>
    internal static InputRequest Read(string key, string method, JsonObject parameters) => new(
        key,
        method,
        parameters.Member("message").Text() ?? method,
        parameters.Member("requestedSchema") as JsonObject,
        parameters);
}

/// <summary>An answer to an <see cref="InputRequest"/>.</summary>
/// <param name="Action"><c>accept</c>, <c>decline</c> or <c>cancel</c>.</param>
/// <param name="Content">What is accepted, by the names the question's schema has.</param>
public sealed record InputAnswer(string Action, IReadOnlyDictionary<string, object?>? Content = null)
{
    /// <summary>The content as it goes to the server.</summary>
    internal JsonObject Checked { get; private init; } = [];

    /// <summary>An answer that fits the question: values converted, defaults filled in.</summary>
    /// <exception cref="McpFailureException">McpInvalidArgument, with what the schema wants.</exception>
    public InputAnswer CheckedFor(InputRequest request)
    {
        if (Action is not ("accept" or "decline" or "cancel"))
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"'{Action}' is no answer: it is accept, decline or cancel.");
        }

        if (Action != "accept" || request.Schema is not { } schema)
        {
            return this;
        }

        var content = new Dictionary<string, object?>(Content ?? new Dictionary<string, object?>());
        foreach ((string name, JsonNode? property) in schema["properties"] as JsonObject ?? [])
        {
            if (property is JsonObject { } members && members["default"] is { } value && !content.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                content[name] = value;
            }
        }

        return this with { Checked = ArgumentBinder.Bind(schema.ToElement(), content) };
    }

    /// <summary>The answer on the wire (<c>ElicitResult</c>).</summary>
    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["action"] = Action };
        if (Action == "accept")
        {
            json["content"] = Checked.DeepClone();
        }

        return json;
    }
}
