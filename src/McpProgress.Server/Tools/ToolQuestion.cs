using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Tools;

/// <summary>
/// A question a tool puts to the client in the middle of its work: to its user, to its model, or for its roots. The channel
/// carries it in the form the protocol's revision has for it.
/// </summary>
public abstract record ToolQuestion
{
    private protected ToolQuestion()
    {
    }

    /// <summary>
    /// The name its answer comes under, where the protocol names answers (<c>inputRequests</c> of 2026-07-28). With a name
    /// that stays the same from call to call a client may send the answer along with the call. Null lets the server choose.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The protocol's method.</summary>
    internal abstract string Method { get; }

    /// <summary>The client's capability it needs.</summary>
    internal abstract ClientCapabilities Needs { get; }

    /// <summary>That capability's name.</summary>
    internal abstract string Capability { get; }

    /// <summary>What is asked, for a person to read.</summary>
    internal abstract string Text { get; }

    /// <summary>Whether a client with these capabilities takes it.</summary>
    internal abstract bool IsTakenBy(ClientCapabilities? client);

    /// <summary>The parameters of <see cref="Method"/>.</summary>
    internal abstract JsonObject ToParameters();

    /// <summary>Reads the client's answer and checks it.</summary>
    /// <exception cref="FormatException">It does not fit; the message says what is wanted.</exception>
    internal abstract object ReadAnswer(JsonNode? answer);

    /// <summary>The same as an input request of revision 2026-07-28.</summary>
    internal JsonObject ToInputRequest() => new() { ["method"] = Method, ["params"] = ToParameters() };
}

/// <summary>A question, with the type of its answer.</summary>
/// <typeparam name="TAnswer">What a tool gets for it.</typeparam>
public abstract record ToolQuestion<TAnswer> : ToolQuestion
    where TAnswer : class
{
    private protected ToolQuestion()
    {
    }

    /// <inheritdoc/>
    internal sealed override object ReadAnswer(JsonNode? answer) => Read(answer);

    private protected abstract TAnswer Read(JsonNode? answer);
}
