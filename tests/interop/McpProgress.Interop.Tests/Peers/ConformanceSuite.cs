using System.Text.Json.Nodes;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>The protocol's own conformance suite, <c>@modelcontextprotocol/conformance</c>, run against a server.</summary>
internal static class ConformanceSuite
{
    /// <summary>Runs scenarios, all in one process.</summary>
    /// <param name="package">The version's alias in package.json.</param>
    /// <param name="url">The server.</param>
    /// <param name="selection">Which scenarios, as arguments of the suite.</param>
    public static async Task<Report> RunAsync(string package, Uri url, params string[] selection)
    {
        string results = Directory.CreateTempSubdirectory("mcpprogress-conformance-").FullName;
        try
        {
            PeerProcess.Outcome outcome = await PeerProcess.RunAsync(
                Node.Path,
                [Layout.Package(package, "dist", "index.js"), "server", "--url", url.AbsoluteUri, .. selection,
                    "--expected-failures", Layout.Script(Path.Combine("conformance", "expected-failures-server.yml")), "--output-dir", results]);
            return Report.Read(results, outcome);
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }

    /// <summary>What a run found.</summary>
    /// <param name="Complaints">The scenarios that ran by name, each with its checks that failed or ended in a warning, a line each.</param>
    /// <param name="Outcome">How the suite itself ended.</param>
    internal sealed record Report(IReadOnlyDictionary<string, IReadOnlyList<string>> Complaints, PeerProcess.Outcome Outcome)
    {
        // server-<scenario>-<time>, with a time like 2026-11-20T12-55-44-148Z
        private const string Prefix = "server-";
        private const int TimeLength = 25;

        public static Report Read(string results, PeerProcess.Outcome outcome)
        {
            var complaints = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
            foreach (string folder in Directory.GetDirectories(results).Order(StringComparer.Ordinal))
            {
                string scenario = Path.GetFileName(folder)[Prefix.Length..^TimeLength];
                complaints[scenario] = [.. JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "checks.json")))!.AsArray()
                    .Where(check => (string?)check!["status"] is "FAILURE" or "WARNING")
                    .Select(check => $"{scenario}: {check!["status"]} {check["id"]}: {check["errorMessage"] ?? check["description"]}")];
            }

            return new Report(complaints, outcome);
        }

        /// <summary>Fails with the complaints unless there is none, and exactly that many scenarios ran.</summary>
        public void EnsureClean(int scenarios)
        {
            EnsureClean(Complaints.Keys);
            Assert.True(Complaints.Count == scenarios, $"{Complaints.Count} scenarios ran, not {scenarios}: {string.Join(", ", Complaints.Keys)}\n{string.Join('\n', Outcome.Lines)}");
            Outcome.EnsureSuccess();
        }

        /// <summary>Fails with the complaints of these scenarios unless there is none, and unless they all ran.</summary>
        public void EnsureClean(IEnumerable<string> scenarios)
        {
            string[] complaints = [.. scenarios.SelectMany(scenario => Complaints.GetValueOrDefault(scenario) ?? [$"{scenario} did not run."])];
            Assert.True(complaints.Length == 0, string.Join('\n', complaints));
        }
    }
}
