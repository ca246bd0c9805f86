using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>The scenarios of the protocol's conformance suite that our cmdlets play: all but those of extensions.</summary>
internal static class ClientScenarios
{
    private const string Older = "2025-11-25";
    private const string Newer = "2026-07-28";

    /// <summary>Version 0.1 of the suite, at revision 2025-11-25.</summary>
    public static readonly string[] OlderSuite =
    [
        "initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry",
        "auth/metadata-default", "auth/metadata-var1", "auth/metadata-var2", "auth/metadata-var3", "auth/basic-cimd",
        "auth/scope-from-www-authenticate", "auth/scope-from-scopes-supported", "auth/scope-omitted-when-undefined",
        "auth/scope-step-up", "auth/scope-retry-limit",
        "auth/token-endpoint-auth-basic", "auth/token-endpoint-auth-post", "auth/token-endpoint-auth-none", "auth/pre-registration",
        "auth/2025-03-26-oauth-metadata-backcompat", "auth/2025-03-26-oauth-endpoint-fallback",
        "auth/resource-mismatch", "auth/offline-access-scope", "auth/offline-access-not-supported",
    ];

    /// <summary>Version 0.2, what has nothing to do with access, at each of the revisions.</summary>
    public static readonly (string Scenario, string? Revision)[] Protocol =
    [
        ("initialize", Older), ("tools_call", Older), ("tools_call", Newer), ("elicitation-sep1034-client-defaults", Older), ("sse-retry", Older),
        ("request-metadata", Newer), ("sep-2322-client-request-state", Newer),
        ("http-standard-headers", Newer), ("http-custom-headers", Newer), ("http-invalid-tool-headers", Newer),
        ("json-schema-ref-no-deref", Newer), ("json-schema-2020-12-preservation", Older), ("json-schema-2020-12-preservation", Newer),
    ];

    /// <summary>Version 0.2, access: at the newer revision, for at the older one version 0.1 asks the same.</summary>
    public static readonly (string Scenario, string? Revision)[] Authorization =
    [
        .. OlderSuite.Where(scenario => scenario.StartsWith("auth/", StringComparison.Ordinal) && !scenario.Contains("2025-03-26", StringComparison.Ordinal))
            .Select(scenario => (scenario, Newer)),
        ("auth/2025-03-26-oauth-metadata-backcompat", null), ("auth/2025-03-26-oauth-endpoint-fallback", null),
        ("auth/authorization-server-migration", Newer),
        ("auth/iss-supported", Newer), ("auth/iss-not-advertised", Newer), ("auth/iss-supported-missing", Newer), ("auth/iss-wrong-issuer", Newer),
        ("auth/iss-unexpected", Newer), ("auth/iss-normalized", Newer), ("auth/metadata-issuer-mismatch", Newer),
    ];
}

/// <summary>Version 0.1 of the suite.</summary>
public sealed class OlderClientConformanceTests
{
    private readonly ClientConformanceSuite _suite = new("conformance-0.1");

    /// <summary>The rows; client credentials are an extension of the protocol, and ours.</summary>
    public static TheoryData<string> Scenarios => [.. ClientScenarios.OlderSuite, "auth/client-credentials-basic"];

    [ClientConformanceTheory]
    [MemberData(nameof(Scenarios))]
    public Task Our_cmdlets_pass(string scenario) => _suite.PlayAsync(scenario, revision: null);

    [ClientConformanceFact]
    public async Task No_scenario_is_left_out() =>
        Assert.Equal((await _suite.ScenariosAsync()).Order(), ClientScenarios.OlderSuite.Order());
}

/// <summary>Version 0.2 of the suite, the protocol.</summary>
public sealed class ProtocolClientConformanceTests
{
    private readonly ClientConformanceSuite _suite = new("conformance-0.2");

    /// <summary>The rows.</summary>
    public static TheoryData<string, string?> Scenarios { get; } = Rows(ClientScenarios.Protocol);

    [ClientConformanceTheory]
    [MemberData(nameof(Scenarios))]
    public Task Our_cmdlets_pass(string scenario, string? revision) => _suite.PlayAsync(scenario, revision);

    [ClientConformanceFact]
    public async Task No_scenario_is_left_out() => Assert.Equal(
        (await _suite.ScenariosAsync()).Order(),
        ClientScenarios.Protocol.Concat(ClientScenarios.Authorization).Select(row => row.Scenario).Distinct().Order());

    internal static TheoryData<string, string?> Rows(IEnumerable<(string Scenario, string? Revision)> rows)
    {
        var data = new TheoryData<string, string?>();
        foreach ((string scenario, string? revision) in rows)
        {
            data.Add(scenario, revision);
        }

        return data;
    }
}

/// <summary>Version 0.2 of the suite, access.</summary>
public sealed class AuthorizationClientConformanceTests
{
    private readonly ClientConformanceSuite _suite = new("conformance-0.2");

    /// <summary>The rows.</summary>
    public static TheoryData<string, string?> Scenarios { get; } =
        ProtocolClientConformanceTests.Rows([.. ClientScenarios.Authorization, ("auth/client-credentials-basic", null)]);

    [ClientConformanceTheory]
    [MemberData(nameof(Scenarios))]
    public Task Our_cmdlets_pass(string scenario, string? revision) => _suite.PlayAsync(scenario, revision);
}
