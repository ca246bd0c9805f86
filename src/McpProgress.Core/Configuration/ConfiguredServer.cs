using McpProgress.Core.Connections;

namespace McpProgress.Core.Configuration;

/// <summary>A server out of a configuration file, ready to be connected to: its variables are expanded.</summary>
/// <param name="Name">Its name, as the file spells it.</param>
/// <param name="Endpoint">Where it is. A bearer token of the file is in <see cref="HttpEndpoint.Token"/>, not in the headers.</param>
/// <param name="SourcePath">The full path of the file.</param>
public sealed record ConfiguredServer(string Name, ServerEndpoint Endpoint, string SourcePath)
{
    /// <summary>Name and file only: arguments, headers and environment may hold secrets.</summary>
    public override string ToString() => $"{Name} ({SourcePath})";
}

/// <summary>A server as a configuration file lists it; nothing is expanded and no secret is in it.</summary>
/// <param name="Name">Its name, as the file spells it.</param>
/// <param name="Transport"><c>Stdio</c> or <c>Http</c>; null when the entry does not say.</param>
/// <param name="Target">The command without its arguments, or the URL without user and query; null when the entry has neither.</param>
/// <param name="SourcePath">The full path of the file.</param>
/// <param name="IsShadowed">True when an earlier file has a server of that name: <see cref="McpConfiguration.Find"/> takes the other one.</param>
public sealed record ListedServer(string Name, string? Transport, string? Target, string SourcePath, bool IsShadowed);

/// <summary>All servers of all configuration files.</summary>
/// <param name="Servers">In the order the files are searched.</param>
/// <param name="Problems">One failure for each file that could not be read.</param>
public sealed record ConfigurationListing(IReadOnlyList<ListedServer> Servers, IReadOnlyList<McpFailureException> Problems);
