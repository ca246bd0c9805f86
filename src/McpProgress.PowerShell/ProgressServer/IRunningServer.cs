namespace McpProgress.PowerShell.ProgressServer;

/// <summary>An HTTP server that runs in the background of this shell, in a process of its own or in this one.</summary>
internal interface IRunningServer : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    Uri Uri { get; }

    /// <summary>The id of its process.</summary>
    int Id { get; }

    /// <summary>Whether it was told to end.</summary>
    bool IsClosed { get; }

    /// <summary>Whether it has ended.</summary>
    bool HasExited { get; }
}
