using System.Reflection;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Support;

/// <summary>The server that misbehaves on command (tests/fixtures/FaultyServer).</summary>
internal static class FaultyServer
{
    public static readonly string Path = System.IO.Path.GetFullPath(
        typeof(FaultyServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == nameof(FaultyServer)).Value +
        (OperatingSystem.IsWindows() ? ".exe" : ""));

    public static StdioEndpoint Stdio(params string[] arguments) => new(Path, arguments);

    public static StdioEndpoint Modern(params string[] arguments) => new(Path, [.. arguments, "--era", "modern"]);

    /// <summary>The same server with a mark in its environment, by which <see cref="ProcessProbe.NoneMarkedAsync"/> finds it and all it has started.</summary>
    public static StdioEndpoint Marked(this StdioEndpoint endpoint, out string mark)
    {
        mark = Guid.NewGuid().ToString("N");
        return endpoint with { Environment = new Dictionary<string, string?> { ["MCPPROGRESS_MARK"] = mark } };
    }
}
