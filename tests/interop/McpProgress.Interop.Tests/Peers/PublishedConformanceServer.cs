namespace McpProgress.Interop.Tests.Peers;

/// <summary>The conformance suite's tools as PowerShell commands (conformance/tools.ps1), published over HTTP by the built module.</summary>
public sealed class PublishedConformanceServer : IAsyncLifetime
{
    private PeerProcess? _process;

    /// <summary>The MCP endpoint.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Null when it can be started.</summary>
    public static string? MissingReason { get; } =
        Node.MissingReason ??
        (!File.Exists(Layout.Module) ? "The module is not built: run build.sh." : FindPwsh() is null ? "PowerShell was not found on the PATH." : null);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (MissingReason is null)
        {
            // It ends with the test run, however that ends.
            _process = PeerProcess.Start(FindPwsh()!, ["-NoProfile", "-NonInteractive", "-File", Layout.Script(Path.Combine("conformance", "serve.ps1"))]);
            Url = await _process.AnnouncedUrlAsync();
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private static string? FindPwsh() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, Layout.Executable("pwsh"))).FirstOrDefault(File.Exists);
}

/// <summary>A test that needs the built module, PowerShell and the conformance suite, and says so where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublishedFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the server cannot be started.</summary>
    public PublishedFactAttribute() => Skip = PublishedConformanceServer.MissingReason;
}
