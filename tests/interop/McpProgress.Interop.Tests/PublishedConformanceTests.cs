using McpProgress.Interop.Tests.Peers;

namespace McpProgress.Interop.Tests;

/// <summary>
/// The conformance suite's tools as PowerShell commands, published by the built module: the scenarios of tools, progress,
/// logging, elicitation and tasks find nothing wrong with them.
/// </summary>
public sealed class PublishedConformanceTests(PublishedConformanceServer server) : IClassFixture<PublishedConformanceServer>
{
    private static readonly string[] s_tools =
    [
        "tools-list", "tools-call-simple-text", "tools-call-image", "tools-call-audio", "tools-call-embedded-resource",
        "tools-call-mixed-content", "tools-call-error", "tools-call-with-progress",
    ];

    private static readonly string[] s_sessions =
        ["server-initialize", "server-session-lifecycle", "ping", "logging-set-level", "tools-call-with-logging", "tools-call-elicitation", "elicitation-sep1034-defaults", "elicitation-sep1330-enums"];

    private static readonly string[] s_tasks =
    [
        "tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-state-removal", "tasks-mrtr-input", "tasks-mrtr-composition",
        "tasks-request-headers", "tasks-dispatch-and-envelope", "tasks-status-notifications", "tasks-required-task-error",
    ];

    [PublishedFact]
    public async Task Passes_the_scenarios_of_tools_logging_and_elicitation_of_2025_11_25() =>
        (await ServerConformanceSuite.RunAsync("conformance-0.2", server.Url, "--requirements", "2025-11-25"))
            .EnsureClean([.. s_tools, .. s_sessions]);

    [PublishedFact]
    public async Task Passes_the_scenarios_of_tools_and_tasks_of_2026_07_28() =>
        (await ServerConformanceSuite.RunAsync("conformance-0.2", server.Url, "--requirements", "2026-07-28"))
            .EnsureClean([.. s_tools, .. s_tasks, "http-header-validation", "dns-rebinding-protection"]);
}
