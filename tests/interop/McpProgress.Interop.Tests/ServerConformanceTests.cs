using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>
/// The protocol's conformance suite finds nothing wrong with our server: every scenario but those of the skills extension,
/// pending ones included, without a failure and without a warning.
/// </summary>
public sealed class ServerConformanceTests(ConformanceServers servers) : IClassFixture<ConformanceServers>
{
    [NodeTheory]
    [InlineData("kestrel")]
    [InlineData("listener")]
    public async Task Passes_the_first_suite_for_2025_11_25(string host) =>
        (await ConformanceSuite.RunAsync("conformance-0.1", servers.Url(host), "--suite", "all", "--spec-version", "2025-11-25"))
            .EnsureClean(scenarios: 32);

    [NodeTheory]
    [InlineData("kestrel")]
    [InlineData("listener")]
    public async Task Passes_what_2025_11_25_requires(string host) =>
        (await ConformanceSuite.RunAsync("conformance-0.2", servers.Url(host), "--requirements", "2025-11-25"))
            .EnsureClean(scenarios: 33);

    [NodeTheory]
    [InlineData("kestrel")]
    [InlineData("listener")]
    public async Task Passes_what_2026_07_28_requires_and_the_tasks_extension(string host) =>
        (await ConformanceSuite.RunAsync("conformance-0.2", servers.Url(host), "--requirements", "2026-07-28"))
            .EnsureClean(scenarios: 50);
}
