using System.Text.Json.Nodes;

namespace McpProgress.Core.Mcpc;

/// <summary>
/// One of the three forms of MCPC that its releases speak, which do not understand each other: what the probe is called,
/// and where a call carries its ids.
/// </summary>
public sealed record McpcDialect
{
    /// <summary>Releases 0.2.0 to 0.2.2.</summary>
    public static readonly McpcDialect A = new("0.2.1", "is_mcpc_enabled", probeCarriesInfo: false, hasDirectUpdates: true, usesMetadata: true);

    /// <summary>Releases 0.2.3 and 0.2.4.</summary>
    public static readonly McpcDialect B = new("0.2.4", "_is_mcpc_enabled", probeCarriesInfo: true, hasDirectUpdates: true, usesMetadata: true);

    /// <summary>Releases 0.2.5 and 0.2.6.</summary>
    public static readonly McpcDialect C = new("0.2.6", "_mcpc_init", probeCarriesInfo: true, hasDirectUpdates: false, usesMetadata: false);

    /// <summary>All of them, the newest first: the order a client probes in.</summary>
    public static readonly IReadOnlyList<McpcDialect> NewestFirst = [C, B, A];

    private McpcDialect(string version, string probeTool, bool probeCarriesInfo, bool hasDirectUpdates, bool usesMetadata)
    {
        Version = version;
        ProbeTool = probeTool;
        ProbeCarriesInfo = probeCarriesInfo;
        HasDirectUpdates = hasDirectUpdates;
        UsesMetadata = usesMetadata;
    }

    /// <summary>The release whose form this is.</summary>
    public string Version { get; }

    /// <summary>The hidden tool that answers whether a server speaks it.</summary>
    public string ProbeTool { get; }

    /// <summary>Whether the probe carries the caller's own information as <c>mcpc_info</c>.</summary>
    public bool ProbeCarriesInfo { get; }

    /// <summary>Whether the information has the member <c>mcpc_direct_updates</c>.</summary>
    public bool HasDirectUpdates { get; }

    /// <summary>Whether the ids travel as <c>_metadata.mcpc_session_id</c> and <c>mcpc_task_id</c>, not as <c>mcpc_params.session_id</c> and <c>task_id</c>.</summary>
    public bool UsesMetadata { get; }

    /// <summary>The information one side gives of itself (<c>get_protocol_info</c> of the original).</summary>
    /// <param name="provider">The name of the server or client.</param>
    /// <param name="extensions">Our additions that this side knows; none for an original.</param>
    public JsonObject CreateInfo(string provider, IReadOnlyList<string>? extensions = null)
    {
        var info = new JsonObject { ["mcpc_enabled"] = true, ["mcpc_version"] = Version, ["mcpc_provider"] = provider };
        if (HasDirectUpdates)
        {
            info["mcpc_direct_updates"] = true;
        }

        if (extensions is { Count: > 0 })
        {
            info["mcpc_extensions"] = new JsonArray([.. extensions.Select(extension => (JsonNode?)extension)]);
        }

        return info;
    }

    /// <summary>A copy of the arguments with the ids in it; the caller's own are not touched (<c>add_metadata</c> of the original).</summary>
    public JsonObject AddIds(JsonObject arguments, string sessionId, string taskId)
    {
        var copy = (JsonObject)arguments.DeepClone();
        if (UsesMetadata)
        {
            copy["_metadata"] = new JsonObject { ["mcpc_session_id"] = sessionId, ["mcpc_task_id"] = taskId };
        }
        else
        {
            copy["mcpc_params"] = new JsonObject { ["session_id"] = sessionId, ["task_id"] = taskId };
        }

        return copy;
    }
}
