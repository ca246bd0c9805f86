using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using McpProgress.Bench.Report;
using McpProgress.Core.Connections;
using McpProgress.Interop;
using ModelContextProtocol.Client;

namespace McpProgress.Bench;

/// <summary>What the race ran on and with; nothing that says whose machine it was.</summary>
internal static class Machine
{
    private const double BytesPerGigabyte = 1024.0 * 1024 * 1024;

    public static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerGigabyte:F0} GiB of memory, {RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture})");

    public static MarkdownTable Versions()
    {
        var table = new MarkdownTable("contestant", "version");
        table.Add("McpProgress", VersionOf(typeof(ServerConnection)));
        table.Add("PowerShell", Contestants.PwshVersion);
        table.Add(".NET", Environment.Version.ToString());
        table.Add("ModelContextProtocol, the .NET SDK", VersionOf(typeof(McpClient)));
        table.Add("Node.js", Contestants.NodeVersion);
        table.Add("@modelcontextprotocol/sdk, the TypeScript SDK", PackageVersion("@modelcontextprotocol", "sdk"));
        table.Add("fastmcp", PackageVersion("fastmcp"));
        table.Add("mcporter", PackageVersion("mcporter"));
        table.Add("@modelcontextprotocol/inspector", PackageVersion("@modelcontextprotocol", "inspector"));
        return table;
    }

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string PackageVersion(params string[] package)
    {
        string file = Layout.Package([.. package, "package.json"]);
        return File.Exists(file) ? (string)JsonNode.Parse(File.ReadAllText(file))!["version"]! : "not installed";
    }
}
