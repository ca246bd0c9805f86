using System.Text.RegularExpressions;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>The protocol's conformance suite against a client that is a script of our cmdlets, at one of its versions.</summary>
/// <param name="package">The suite's name in package.json.</param>
internal sealed partial class ClientConformanceSuite(string package)
{
    private const string Client = "conformance/client.ps1";

    private readonly string _program = Layout.Package(package, "dist", "index.js");

    /// <summary>Null when it can be run.</summary>
    public static string? MissingReason { get; } =
        Node.MissingReason
        ?? (File.Exists(Path.Combine(Layout.Root, "out", "McpProgress", "McpProgress.psd1")) ? null : "The module is not built: run build.ps1.")
        ?? (FindPowerShell() is null ? "pwsh was not found on the PATH." : null);

    /// <summary>The client scenarios that belong to a revision of the protocol, as the suite lists them: those of extensions are left out.</summary>
    public async Task<IReadOnlyList<string>> ScenariosAsync()
    {
        PeerProcess.Outcome outcome = await PeerProcess.RunAsync(Node.Path, _program, "list", "--client");
        return [.. outcome.EnsureSuccess().Output.Select(line => Listed().Match(line)).Where(line => line.Success).Select(line => line.Groups["name"].Value)];
    }

    /// <summary>Plays one scenario; fails with all that was said unless every check passes and the client ends well.</summary>
    /// <param name="scenario">Its name.</param>
    /// <param name="revision">The revision its server speaks; null for the scenario's own.</param>
    public async Task PlayAsync(string scenario, string? revision)
    {
        string state = Directory.CreateTempSubdirectory("mcpprogress-conformance-").FullName;
        try
        {
            string[] wire = revision is null ? [] : ["--spec-version", revision];
            PeerProcess.Outcome outcome = await PeerProcess.RunAsync(
                Node.Path,
                [
                    _program, "client", "--scenario", scenario, .. wire, "--timeout", "50000",
                    "--command", $"\"{FindPowerShell()}\" -NoProfile -NonInteractive -File \"{Layout.Script(Client)}\"",
                    "--expected-failures", Layout.Script("conformance/expected-failures-client.yml"),
                ],
                new Dictionary<string, string>
                {
                    ["BROWSER"] = $"\"{Node.Path}\" \"{Layout.Script("conformance/follow-redirects.mjs")}\" %s",
                    ["XDG_STATE_HOME"] = state,
                });

            outcome.EnsureSuccess();

            // Of the checks alone, not of the client, does the list of expected failures speak.
            string all = string.Join('\n', outcome.Lines);
            Assert.DoesNotContain("CLIENT EXITED WITH ERROR", all, StringComparison.Ordinal);
            Assert.DoesNotContain("CLIENT TIMED OUT", all, StringComparison.Ordinal);
            Assert.Matches(SomethingPassed(), all);
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static string? FindPowerShell() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, Layout.Executable("pwsh")))
            .FirstOrDefault(File.Exists);

    [GeneratedRegex(@"^  - (?<name>\S+) \[(?!extension\])", RegexOptions.CultureInvariant)]
    private static partial Regex Listed();

    [GeneratedRegex(@"Passed: [1-9]\d*/", RegexOptions.CultureInvariant)]
    private static partial Regex SomethingPassed();
}

/// <summary>A theory of the conformance suite, skipped where it cannot be run.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientConformanceTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the test where the suite cannot be run.</summary>
    public ClientConformanceTheoryAttribute() => Skip = ClientConformanceSuite.MissingReason;
}

/// <summary>A <see cref="ClientConformanceTheoryAttribute"/> without data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientConformanceFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the suite cannot be run.</summary>
    public ClientConformanceFactAttribute() => Skip = ClientConformanceSuite.MissingReason;
}
